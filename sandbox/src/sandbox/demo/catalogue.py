"""What the demo's contractor sells, where, and to whom. All of it is made up."""

from dataclasses import dataclass
from decimal import Decimal

CONTRACTOR = "Three Rivers Mechanical"


@dataclass(frozen=True, slots=True)
class City:
    """A place with its sales tax: one rate for each authority that levies one."""

    name: str
    state: str
    postal_code: str
    office: str
    rates: tuple[str, ...]

    @property
    def percent(self) -> Decimal:
        """Return the whole rate."""
        return sum((Decimal(rate) for rate in self.rates), Decimal())

    @property
    def tax_group(self) -> str:
        """Return the name of the tax group in ServiceTrade."""
        return f"{self.state} {self.percent.normalize():f}%"


CITIES = (
    City("Pittsburgh", "PA", "15222", "Pittsburgh", ("6", "1")),
    City("Monroeville", "PA", "15146", "Pittsburgh", ("6", "1")),
    City("Cranberry Township", "PA", "16066", "Pittsburgh", ("6",)),
    City("Philadelphia", "PA", "19102", "Philadelphia", ("6", "2")),
    City("King of Prussia", "PA", "19406", "Philadelphia", ("6",)),
    City("Sacramento", "CA", "95814", "Sacramento", ("7.25", "1.5")),
    City("Elk Grove", "CA", "95624", "Sacramento", ("7.25", "1.5")),
    City("Folsom", "CA", "95630", "Sacramento", ("7.25", "0.5")),
    City("Roseville", "CA", "95661", "Sacramento", ("7.25",)),
)

OFFICES = {
    "Pittsburgh": ("2100 Smallman Street", "Pittsburgh", "PA", "15222"),
    "Philadelphia": ("1001 Spring Garden Street", "Philadelphia", "PA", "19123"),
    "Sacramento": ("1400 R Street", "Sacramento", "CA", "95811"),
    "Reno": ("50 Liberty Street", "Reno", "NV", "89501"),
}
"""Reno has just been opened, and nobody has mapped it yet."""


@dataclass(frozen=True, slots=True)
class Sold:
    """An entry of the price book."""

    code: str
    name: str
    type: str
    price: str
    service_line: str
    taxed: bool = False
    quantities: tuple[str, ...] = ("1",)


_HOURS = ("1", "1.5", "2", "2.5", "3.75", "6")
_PIECES = ("1", "2", "3", "4", "12")

MECHANICAL = (
    Sold("LAB", "Technician labor", "labor", "128.00", "HVAC", quantities=_HOURS),
    Sold("TRIP", "Trip charge", "service", "65.00", "HVAC"),
    Sold("PM", "Preventative maintenance visit", "service", "412.50", "HVAC"),
    Sold("FLT-1620", "Filter MERV 13, 16x20x2", "part", "14.37", "HVAC", True, _PIECES),
    Sold("BELT-A42", "V-belt A42", "part", "22.19", "HVAC", True, _PIECES),
    Sold("CAP-45", "Run capacitor 45/5 µF", "part", "38.65", "HVAC", True, _PIECES),
    Sold("CTR-40", "Contactor 40 A, 24 V coil", "part", "54.12", "HVAC", True),
    Sold("MTR-1", "Blower motor ¾ HP", "part", "683.49", "HVAC", True),
    Sold("R410A", "Refrigerant R-410A, per lb", "part", "41.75", "Refrigeration", True, _HOURS),
    Sold("TXV-3", "Expansion valve, 3 ton", "part", "217.08", "Refrigeration", True),
    Sold("VLV-34", 'Ball valve ¾"', "part", "31.40", "Plumbing", True, _PIECES),
)
FIRE = (
    Sold("INSP", "Annual fire inspection", "service", "545.00", "Fire Protection"),
    Sold("LAB", "Technician labor", "labor", "128.00", "Fire Protection", quantities=_HOURS),
    Sold("SPR-155", "Sprinkler head 155 °F pendent", "part", "19.83", "Fire Protection", True),
    Sold("BAT-12", "Panel battery 12 V 7 Ah", "part", "47.26", "Fire Protection", True, _PIECES),
    Sold("EXT-10", "Extinguisher 10 lb ABC", "part", "88.90", "Portable Extinguishers", True),
    Sold("TAG", "Extinguisher tag & seal", "part", "6.05", "Portable Extinguishers", True, _PIECES),
)


@dataclass(frozen=True, slots=True)
class Client:
    """A customer: where it has locations, how it pays, and what it is called in QuickBooks."""

    name: str
    cities: tuple[str, ...]
    locations: tuple[str, ...]
    terms: str = "Net 30"
    exempt: bool = False
    purchase_order: str = ""
    in_quickbooks: str = ""
    known_by_id: bool = False
    """Whether ServiceTrade keeps the Id that it has in QuickBooks."""


CLIENTS = (
    Client(
        "Keystone Foods",
        ("Pittsburgh", "King of Prussia"),
        ("Plant 1", "Plant 2", "Cold store"),
        purchase_order="KF-77{:03d}",
        in_quickbooks="Keystone Foods, Inc.",
    ),
    Client(
        "Allegheny School District",
        ("Monroeville", "Pittsburgh"),
        ("Central High", "O'Hara Elementary", "Bus garage"),
        exempt=True,
        purchase_order="PO ASD-{:04d}",
    ),
    Client("Liberty Tower Condominiums", ("Pittsburgh",), ("Tower", "Garage")),
    Client("Smith & Sons Bakery", ("Pittsburgh", "Monroeville"), ("Strip bakery", "Mall kiosk")),
    Client("Steel City Gym", ("Pittsburgh",), ("South Side", "Oakland"), terms="Net 15"),
    Client("Cranberry Surgical Center", ("Cranberry Township",), ("Main building", "Annex")),
    Client("O'Hara Township Library", ("Pittsburgh",), ("Library",), exempt=True),
    Client("Monongahela Cold Storage", ("Monroeville",), ("Dock A", "Dock B"), known_by_id=True),
    Client("Bäckerei Käfer", ("Cranberry Township",), ("Backstube",), terms="Due Upon Receipt"),
    Client("Fairmount Museum", ("Philadelphia",), ("East wing", "Archive"), exempt=True),
    Client("Old City Lofts", ("Philadelphia",), ("Building 1", "Building 2", "Building 3")),
    Client("Penn's Landing Hotel", ("Philadelphia",), ("Hotel", "Ballroom"), known_by_id=True),
    Client("Reading Terminal Deli", ("Philadelphia",), ("Counter 12",), terms="Net 15"),
    Client("Valley Forge Data Center", ("King of Prussia",), ("Hall 1", "Hall 2")),
    Client("Schuylkill Rowing Club", ("Philadelphia",), ("Boathouse 🚣",)),
    Client("American River Brewing", ("Sacramento", "Folsom"), ("Brewhouse", "Tap room")),
    Client("Capitol Mall Offices LLC", ("Sacramento",), ("500 Capitol", "700 Capitol")),
    Client("Delta Produce Co-op", ("Elk Grove",), ("Packing shed", "Cooler 4"), terms="Net 15"),
    Client("Golden State Dental", ("Roseville", "Folsom"), ("Roseville", "Folsom")),
    Client("Natomas Ice Arena", ("Sacramento",), ("Rink", "Plant room"), known_by_id=True),
)

NOTES = (
    "",
    "",
    "Customer's rep on site: see signed work order.",
    "Roof hatch key is with security; don't block the loading dock.",
    "Filters & belts replaced as quoted. Thank you for your business! 🙂",
    'Unit #3 (15-ton "RTU") still short-cycles: return visit recommended.',
    "Tested per NFPA 25 — 0 deficiencies.",
)
LONG_STORY = (
    "Found unit locked out on high head pressure. Cleaned condenser coil, checked charge, "
    "replaced contactor & capacitor; ran 45 min. at full load. "
)
