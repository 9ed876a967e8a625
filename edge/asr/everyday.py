"""What people put where a template takes any words: everyday things, by language and list of Home Assistant's.

Nobody can expect every word there is, and a recogniser that does hears none of them well. But shopping lists are made
of the same things everywhere, and timers are named for what is on the stove.
"""

from collections.abc import Mapping
from types import MappingProxyType

_GROCERIES = (
    "apples, avocados, bacon, bananas, batteries, beans, beef, beer, berries, bread, broccoli, butter, cabbage, "
    "carrots, cat food, celery, cereal, cheese, chicken, chips, chocolate, coffee, coke, cookies, corn, crackers, "
    "cream, cucumbers, detergent, diapers, dish soap, dog food, eggs, fish, flour, garlic, ginger, grapes, ham, "
    "honey, ice cream, jam, juice, ketchup, lemons, lettuce, light bulbs, limes, mayonnaise, meat, milk, mushrooms, "
    "mustard, napkins, noodles, nuts, oatmeal, olive oil, onions, oranges, paper towels, pasta, peaches, peanut "
    "butter, pears, peas, pepper, peppers, pizza, pork, potatoes, rice, salad, salmon, salt, sausages, shampoo, soap, "
    "soda, soup, spinach, steak, strawberries, sugar, tea, tissues, toilet paper, tomatoes, toothpaste, trash bags, "
    "tuna, turkey, vegetables, vinegar, water, wine, yogurt"
)
_CHORES = (
    "call mom, call the doctor, clean the kitchen, do the dishes, do the laundry, feed the cat, feed the dog, go to "
    "the bank, mow the lawn, pay the bills, pick up the kids, take out the trash, walk the dog, wash the car, water "
    "the plants"
)
_TIMERS = (
    "bread, break, cake, chicken, coffee, cookies, dinner, egg, eggs, laundry, lunch, nap, oven, pasta, pizza, "
    "potatoes, rice, tea"
)
_MUSIC = (
    "jazz, rock, pop, classical music, country, blues, hip hop, disco, dance music, christmas music, piano music, "
    "relaxing music, the radio, my playlist"
)


def _items(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


WILDCARDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "shopping_list_item": _items(_GROCERIES),
                "todo_list_item": _items(f"{_CHORES}, {_GROCERIES}"),
                "timer_name": _items(_TIMERS),
                "title": _items(_MUSIC),
            }
        )
    }
)
"""Language code -> list name -> things."""
