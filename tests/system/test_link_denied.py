"""A broker that lets the hub listen to some topics, and not to others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.home.complaints import Complaint
from tests.system.house import PLUG, TOPIC, device, linked

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_topic_that_the_broker_denies_is_told_once(
    make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    plugins = sorted(Path("/usr/lib").glob("**/mosquitto_dynamic_security.so"))
    if not plugins:
        pytest.skip("Mosquitto's plugin for access rules is not installed")
    rights = tmp_path / "rights.json"
    denied = {"acltype": "subscribePattern", "topic": "secret/#", "priority": 1, "allow": False}
    rights.write_text(
        json.dumps(
            {
                "defaultACLAccess": dict.fromkeys(
                    ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), True
                ),
                "roles": [{"rolename": "all", "acls": [denied]}],
                "groups": [{"groupname": "all", "roles": [{"rolename": "all"}]}],
                "anonymousGroup": "all",
                "clients": [],
            }
        )
    )
    tmp_path.chmod(0o777)
    rights.chmod(0o666)
    broker = make_mosquitto("allow_anonymous true", f"plugin {plugins[0]}", f"plugin_opt_config_file {rights}")
    with device(broker.port) as plug:
        plug.say(TOPIC, PLUG | {"state_topic": "secret/plug"})
        plug.say("secret/plug", "ON")
        with linked(broker.port, protocol=protocol) as watched:
            plug.say("homeassistant/switch/other/config", PLUG | {"name": "Other", "state_topic": "other"})
            plug.say("other", "ON")
            watched.wait_for("switch.other", "on")
            assert watched.link.snapshot().entities["switch.plug"].state is None
            assert watched.link.complaints == (Complaint("link.denied", "secret/plug"),)
    assert caplog.messages == [
        "link.denied: the broker denies this user 'secret/plug': let it read there, in the broker's access rules"
    ]
