"""Short keys of Home Assistant's MQTT discovery, as far as the hub's components use them.

Source: https://www.home-assistant.io/integrations/mqtt/#supported-abbreviations-in-mqtt-discovery-messages
"""

from collections.abc import Mapping
from types import MappingProxyType


def _table(lines: str) -> Mapping[str, str]:
    return MappingProxyType(dict(line.split() for line in lines.strip().splitlines()))


ENTITY = _table("""
avty availability
avty_mode availability_mode
avty_t availability_topic
avty_tpl availability_template
bri_cmd_t brightness_command_topic
bri_cmd_tpl brightness_command_template
bri_scl brightness_scale
bri_stat_t brightness_state_topic
bri_tpl brightness_template
bri_val_tpl brightness_value_template
clr_temp_cmd_t color_temp_command_topic
clr_temp_cmd_tpl color_temp_command_template
clr_temp_k color_temp_kelvin
clr_temp_stat_t color_temp_state_topic
clr_temp_tpl color_temp_template
clr_temp_val_tpl color_temp_value_template
cmd_t command_topic
cmd_tpl command_template
cmps components
cod_form code_format
curr_temp_t current_temperature_topic
curr_temp_tpl current_temperature_template
def_ent_id default_entity_id
dev device
dev_cla device_class
e encoding
en enabled_by_default
ent_cat entity_category
fan_mode_cmd_t fan_mode_command_topic
fan_mode_cmd_tpl fan_mode_command_template
fan_mode_stat_t fan_mode_state_topic
fan_mode_stat_tpl fan_mode_state_template
hs_cmd_t hs_command_topic
hs_cmd_tpl hs_command_template
hs_stat_t hs_state_topic
hs_val_tpl hs_value_template
max_k max_kelvin
max_mirs max_mireds
min_k min_kelvin
min_mirs min_mireds
mode_cmd_t mode_command_topic
mode_cmd_tpl mode_command_template
mode_stat_t mode_state_topic
mode_stat_tpl mode_state_template
o origin
obj_id object_id
on_cmd_type on_command_type
opt optimistic
p platform
pct_cmd_t percentage_command_topic
pct_cmd_tpl percentage_command_template
pct_stat_t percentage_state_topic
pct_val_tpl percentage_value_template
pl_avail payload_available
pl_cls payload_close
pl_lock payload_lock
pl_not_avail payload_not_available
pl_off payload_off
pl_on payload_on
pl_open payload_open
pl_prs payload_press
pl_stop payload_stop
pl_unlk payload_unlock
pos_clsd position_closed
pos_open position_open
pos_t position_topic
pos_tpl position_template
pow_cmd_t power_command_topic
pow_cmd_tpl power_command_template
ret retain
rgb_cmd_t rgb_command_topic
rgb_cmd_tpl rgb_command_template
rgb_stat_t rgb_state_topic
rgb_val_tpl rgb_value_template
set_pos_t set_position_topic
set_pos_tpl set_position_template
spd_rng_max speed_range_max
spd_rng_min speed_range_min
stat_closing state_closing
stat_clsd state_closed
stat_jam state_jammed
stat_locked state_locked
stat_locking state_locking
stat_off state_off
stat_on state_on
stat_open state_open
stat_opening state_opening
stat_stopped state_stopped
stat_t state_topic
stat_tpl state_template
stat_unlocked state_unlocked
stat_unlocking state_unlocking
stat_val_tpl state_value_template
sup_clrm supported_color_modes
t topic
temp_cmd_t temperature_command_topic
temp_cmd_tpl temperature_command_template
temp_stat_t temperature_state_topic
temp_stat_tpl temperature_state_template
temp_unit temperature_unit
uniq_id unique_id
unit_of_meas unit_of_measurement
val_tpl value_template
xy_cmd_t xy_command_topic
xy_cmd_tpl xy_command_template
xy_stat_t xy_state_topic
xy_val_tpl xy_value_template
""")
"""Keys of an entity's configuration, and of the entries of its availability list."""

DEVICE = _table("""
cns connections
cu configuration_url
hw hw_version
ids identifiers
mdl model
mf manufacturer
sa suggested_area
sn serial_number
sw sw_version
""")
"""Keys of `device`."""
