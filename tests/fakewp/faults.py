"""The table of faults: name to what it does, in a sentence, and the functions that do it."""

from fakewp.faults_api import API
from fakewp.faults_base import Fault
from fakewp.faults_body import BODY
from fakewp.faults_links import LINKS
from fakewp.faults_secret import SECRETS
from fakewp.faults_site import SITE
from fakewp.faults_wire import WIRE

__all__ = ["FAULTS", "Fault"]

FAULTS: dict[str, Fault] = {**API, **BODY, **WIRE, **SITE, **LINKS, **SECRETS}
