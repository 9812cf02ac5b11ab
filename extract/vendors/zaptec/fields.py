"""What Zaptec sends, field by field.

After the vendor's API documentation, its `/api/constants`, and recorded answers. From these tables
come the reading, what may land, and who is personal.

Energy is in kWh. Times are ISO 8601; one without an offset is UTC. `chargehistory` and the lists
are PascalCase, `sessions/archived` is camelCase. Users of the role User get records in which any
field but `Id` may be missing. The names of chargers are often a person's or a parking place's and
land as pseudonyms; an installation's own name and address stay: they are the charging station's.
"""

from __future__ import annotations

import json

from extract.lake import payload
from extract.lake.fields import (
    FLAG,
    LIST,
    NUMBER,
    OBJECT,
    PERSON,
    SECRET,
    TIME,
    UNUSED,
    WHOLE,
    Field,
    Kind,
    Record,
    UnreadableError,
    read_key,
    read_text,
)
from extract.lake.ocmf_redact import ocmf
from extract.lake.pseudonyms import PersonFields, Pseudonyms, form, pseudonym

TITLE = "Zaptec"  # of docs/sources/zaptec.md
LARGEST = 1e6  # A, V, W … that a charger can measure; the warehouse's columns hold it
LARGEST_KWH = 1e9

# --- Kinds that are stricter than the shared ones: no address and no name has these forms --------

_ID_FORM = form(r"[\w.:-]{0,64}")
ID, KEY = Kind("id", read_text, _ID_FORM), Kind("key", read_key, _ID_FORM)
PUBLIC = Kind("public text", read_text, form(r"(?s).*"))  # text alone: an object may hold a person
SERIAL = Kind("serial number", read_text, form(r"(Z[A-Z]{2}|GP[A-Z]|AP[A-Z])\d{5,8}|"))
VERSION = Kind("version", read_text, form(r"[\d.]{0,40}"))
CURSOR = Kind("cursor", read_text, form(r"[\w+/=.:%~-]{0,4000}"))
ROLE = Kind("role", read_text, form(r"[A-Za-z]{1,20} role required"))
NETWORK = Kind("network", read_text, form(r"(?i)lte|wifi|wi-fi|plc|ethernet|4g|none|"))
DESCRIBES = Kind("describes a person", read_text, pseudonym, "pseudonym")  # two may share it
PLACE = Kind("name of a charger", read_text, pseudonym, "pseudonym")
SIGNED = Kind("OCMF", read_text, ocmf, "pseudonyms in it")


def _session_json(pseudonyms: Pseudonyms, value: object) -> object:
    """JSON in a text: redacted and written back; any other text becomes a pseudonym."""
    try:
        inner = payload.decode(value.encode()) if isinstance(value, str) else None
        if isinstance(inner, dict):
            return json.dumps(COMPLETED.redact(pseudonyms, inner), separators=(",", ":"))
    except (UnreadableError, ValueError, RecursionError):
        pass
    return pseudonym(pseudonyms, value)


SESSION_JSON = Kind("session as JSON text", read_text, _session_json, "pseudonyms in it")


def _all(kind: Kind, names: str) -> tuple[Field, ...]:
    """Fields that are kept, or dropped, and not read."""
    return tuple(Field(name, kind) for name in names.split())


# --- Errors and pages ----------------------------------------------------------------------------

_ERROR = (
    Field("Code", NUMBER, meaning="HTTP's status"),
    Field("errorCode", NUMBER, meaning="ErrorCodes of /api/constants"),
    Field("Details", ROLE, meaning="such as `Owner role required`"),
    *_all(UNUSED, "message errorDetails StackTrace"),
)


def _page(name: str, record: Record) -> Record:
    pages = Field("Pages", WHOLE, meaning="how many there are")
    return Record(name, (pages, Field("Data", LIST, inside=record), *_ERROR))


# --- Installations, circuits, chargers -----------------------------------------------------------

_STATION_ID = Field("InstallationId", ID, "station_id", meaning="of its installation")

CHARGER = Record(
    "charger",
    (
        Field("Id", KEY, "charging_point_id"),
        _STATION_ID,
        Field("DeviceId", SERIAL, "uid", meaning="such as ZAP049387 or GPN012345"),
        Field("DeviceType", WHOLE, "device_type", meaning="DeviceTypes of /api/constants"),
        Field("MID", SERIAL, meaning="as DeviceId"),
        Field("Name", PLACE, meaning="often a parking place"),
        Field("SerialNo", PLACE, meaning="free text, often a parking place"),
        Field("Pin", SECRET, meaning="by which an installer gets in"),
        Field("InstallationName", PUBLIC),
        Field("SignedMeterValue", SIGNED),
        Field("CreatedOnDate", TIME),
        *_all(ID, "CircuitId"),
        *_all(NUMBER, "OperatingMode IsOnline Active CurrentUserRoles AuthenticationType Warnings"),
        *_all(NUMBER, "IsAuthorizationRequired"),
        *_all(VERSION, "FirmwareVersion SmartComputerSoftwareApplicationVersion"),
    ),
)

CIRCUIT = Record(
    "circuit",
    (
        Field("Id", ID),
        Field("MaxCurrent", NUMBER, "ampere", "A", "the circuit's fuse", least=0, most=LARGEST),
        Field("Chargers", LIST, inside=CHARGER),
        Field("Name", PLACE),
        Field("InstallationName", PUBLIC),
        *_all(ID, "InstallationId"),
        *_all(NUMBER, "IsActive Active"),
    ),
)

HIERARCHY = Record(
    "hierarchy",
    (
        Field("Id", ID, meaning="the installation's"),
        Field("NetworkType", WHOLE, "network_type", meaning="NetworkTypes of /api/constants"),
        Field("Circuits", LIST, inside=CIRCUIT),
        *_all(PUBLIC, "Name InstallationName"),
        *_ERROR,
    ),
)

INSTALLATION = Record(
    "installation",
    (
        Field("Id", KEY, "station_id"),
        Field("Name", PUBLIC, "name"),
        Field("Address", PUBLIC, "address"),
        Field("City", PUBLIC, "city"),
        Field("ZipCode", PUBLIC, "postal_code"),
        Field("Latitude", NUMBER, "latitude", "°", least=-90, most=90),
        Field("Longitude", NUMBER, "longitude", "°", least=-180, most=180),
        Field("Notes", PERSON, meaning="free text, often whom to call"),
        Field("OcppInitialChargePointPassword", SECRET),
        *_all(UNUSED, "OcppCloudUrl InstallationUsers SupportGroup"),
        *_all(PUBLIC, "TimeZoneName TimeZoneIanaName InstallationCategory RoutingId"),
        *_all(ID, "CountryId InstallationCategoryId"),
        *_all(TIME, "CreatedOnDate UpdatedOn"),
        *_all(NUMBER, "InstallationType MaxCurrent AvailableCurrent AvailableCurrentPhase1"),
        *_all(NUMBER, "AvailableCurrentPhase2 AvailableCurrentPhase3 AvailableCurrentMode"),
        *_all(NUMBER, "AvailableCurrentScheduleWeekendActive UseLoadBalancing NetworkType Active"),
        *_all(NUMBER, "IsRequiredAuthentication AvailableInternetAccessPLC CurrentUserRoles"),
        *_all(NUMBER, "AvailableInternetAccessWiFi AuthenticationType MessagingEnabled"),
        *_all(NUMBER, "OcppCloudUrlVersion IsSubscriptionsAvailableForCurrentUser"),
        *_all(NUMBER, "AvailableFeatures EnabledFeatures ActiveChargerCount"),
        *_all(NUMBER, "Feature_PowerManagement_EcoMode_DepartureTime"),
        *_all(NUMBER, "Feature_PowerManagement_EcoMode_MinEnergy"),
        *_all(NUMBER, "Feature_PowerManagement_Apm_SinglePhaseMappedToPhase"),
        *_all(NUMBER, "PropertyIsMinimumPowerOfflineMode PropertyOfflineModeAllowAnonymous"),
        *_all(NUMBER, "PropertyExperimentalFeaturesEnabled PropertyEnergySensorRippleEnabled"),
        *_all(NUMBER, "PropertyEnergySensorRippleNumBits PropertyEnergySensorRipplePercentBits01"),
        *_all(NUMBER, "PropertyEnergySensorRipplePercentBits10 PropertyFirmwareAutomaticUpdates"),
        *_all(NUMBER, "PropertySessionMaxStopCount"),
        *_ERROR,
    ),
)

INSTALLATIONS, CHARGERS = _page("installations", INSTALLATION), _page("chargers", CHARGER)

# --- Sessions ------------------------------------------------------------------------------------


def _measured(name: str, column: str, unit: str, meaning: str = "", most: float = LARGEST) -> Field:
    return Field(name, NUMBER, column, unit, meaning, least=-most, most=most)


def _kwh(name: str, column: str, meaning: str = "") -> Field:
    return _measured(name, column, "kWh", meaning, LARGEST_KWH)


ENERGY_DETAIL = Record(
    "energy detail",
    (
        Field("Timestamp", TIME, "at", meaning="end of the interval"),
        _kwh("Energy", "kwh", "of the interval, or a register"),
    ),
)

FIRMWARE = Record(
    "firmware version", _all(NUMBER, "Major Minor Build Revision MajorRevision MinorRevision")
)

HISTORY = Record(
    "session of chargehistory",
    (
        Field("ChargerId", KEY, "charging_point_id"),
        Field("StartDateTime", TIME, "started_at"),
        Field("EndDateTime", TIME, "ended_at"),
        Field("Id", ID, "session_id", meaning="may be missing"),
        Field("UserId", PERSON),
        Field("UserEmail", PERSON),
        Field("UserFullName", DESCRIBES),
        Field("UserUserName", PERSON),
        Field("TokenName", DESCRIBES, "token", meaning="of the card"),
        _kwh("Energy", "energy_kwh"),
        Field("ExternallyEnded", FLAG),
        Field("CommitMetadata", WHOLE, meaning="bits: SessionCommitMetadata of /api/constants"),
        Field("ReplacedBySessionId", ID, "replaced_by", meaning="the session that corrects it"),
        Field("ExternalId", ID, "external_id"),
        Field("EnergyDetails", LIST, inside=ENERGY_DETAIL),
        Field("SignedSession", SIGNED, meaning="meter readings, signed by the meter"),
        Field("DeviceId", SERIAL),
        Field("DeviceName", PLACE),
        Field("CommitEndDateTime", TIME, meaning="when Zaptec knew of it"),
        Field("ChargerFirmwareVersion", OBJECT, inside=FIRMWARE),
    ),
)

ARCHIVED_DETAIL = Record(
    "energy detail",
    (Field("timestamp", TIME, "at"), _kwh("energy", "kwh")),
)

USER = Record(
    "authorized user",
    (Field("id", PERSON), Field("email", PERSON), Field("fullName", DESCRIBES)),
)

ARCHIVED = Record(
    "session of sessions/archived",
    (
        Field("chargerId", KEY, "charging_point_id"),
        Field("startDateTime", TIME, "started_at"),
        Field("endDateTime", TIME, "ended_at"),
        Field("id", ID, "session_id"),
        Field("authorizedUser", OBJECT, inside=USER, meaning="null of a guest"),
        Field("tokenName", DESCRIBES, "token", meaning="of the card"),
        _kwh("energy", "energy_kwh"),
        Field("stoppedByRfid", FLAG),
        Field("externallyAbandoned", FLAG),
        Field("voided", FLAG, "is_void", meaning="it does not count"),
        Field("aborted", FLAG, "is_aborted"),
        Field("signed", FLAG, "is_signed"),
        Field("offline", FLAG, "is_offline", meaning="reported after it ended"),
        Field("reliableClock", FLAG, "has_reliable_clock", meaning="false: 1970 or 2000 is meant"),
        Field("ocppNative", FLAG),
        Field("replacedBySessionId", ID, "replaced_by", meaning="the session that corrects it"),
        Field("externalId", ID, "external_id"),
        Field("energyDetails", LIST, inside=ARCHIVED_DETAIL, meaning="amounts, or a register"),
        Field("sessionSignature", SIGNED, meaning="meter readings, signed by the meter"),
        Field("deviceId", SERIAL),
        Field("deviceName", PLACE),
        Field("recognizedDateTime", TIME, meaning="when Zaptec knew of it"),
        Field("chargerFirmwareVersion", VERSION),
    ),
)

HISTORY_PAGE = _page("page of chargehistory", HISTORY)
ARCHIVED_PAGE = Record(
    "page of sessions/archived",
    (
        Field("sessions", LIST, inside=ARCHIVED),
        Field("cursor", CURSOR, meaning="of the next page"),
        Field("hasMore", FLAG),
        *_ERROR,
    ),
)

READING = Record(
    "OCMF reading",
    (
        Field("TM", TIME, meaning="a comma before the milliseconds, a letter for the clock"),
        Field("RV", NUMBER, meaning="the register, in RU", least=-1e12, most=1e12),
        Field("RI", ID, meaning="which register: 1-0:1.8.0 is energy taken"),
        Field("RU", ID, meaning="kWh or Wh; left out where it is as before"),
        Field("ST", ID, meaning="state of the meter: G is good"),
    ),
)

# --- State ---------------------------------------------------------------------------------------


_KEPT = """
    -3=IsOcppConnected -1=Pulse 1=OfflineMode 120=AuthenticationRequired 130=PaymentActive
    132=PaymentSessionUnitPrice 133=PaymentEnergyUnitPrice 134=PaymentTimeUnitPrice
    145=TransmitInterval 146=TransmitChangeLevel 147=PulseInterval 151=PermanentCableLock
    153=HmiBrightness 154=LockCableWhenConnected 155=SoftStartDisabled 170=MIDBlinkEnabled
    201=TemperatureInternal5 202=TemperatureInternal6 203=TemperatureInternalLimit
    204=TemperatureEMeterPhase2 205=TemperaturePowerBoard 206=TemperatureTM 207=TemperatureTM2
    220=TemperatureSessionMaxAir 221=TemperatureSessionMaxBoard 241=TemperatureInternalMaxLimit
    270=Humidity 280=TamperCover 281=TamperCoverValue 510=ChargerMaxCurrent
    511=ChargerMinCurrent 512=ActivePhases 515=RcdCurrent 516=Internal12vVoltage
    517=Internal12vCurrent 518=PowerFactor 519=SetPhases 520=MaxPhases 522=ChargerOfflinePhase
    523=ChargerOfflineCurrent 526=VoltageBeforeRelay 540=RcdCalibration 541=RcdCalibrationNoise
    542=ManualRcdTest 544=MaxCurrentConfigurationSource 545=SwitchPosition
    546=ChargeCurrentInstallationMaxLimit 547=StandAloneCurrent 548=PhaseRotation
    555=SignedMeterValueInterval 560=SessionEnergyCountExportActive
    561=SessionEnergyCountExportReactive 562=SessionEnergyCountImportActive
    563=SessionEnergyCountImportReactive 570=SoftStartTime 701=ChargeDuration 702=ChargeMode
    703=ChargePilotLevelInstant 704=ChargePilotLevelAverage 705=ProximityPilotAnalogValue
    706=PilotVsProximityTime 708=ChargeCurrentSet 711=IsEnabled 712=IsStandAlone 714=CableType
    715=NetworkType 716=DetectedCar 717=GridTestResult 718=FinalStopActive
    719=AuthorizationTimeout 732=OvercurrentWarningValue 733=OverrideNetworkType
    734=IT3OptimizationEnabled 749=NrOfChargeCards 751=AuthenticationListVersion
    752=EnabledNfcTechnologies 753=LteRoamingDisabled 764=MaxStartDelay 803=Notifications
    804=Warnings 805=DiagnosticsMode 809=CommunicationSignalStrength 810=CloudConnectionStatus
    811=McuResetSource 812=McuRxErrors 813=McuToVariscitePacketErrors
    814=VarisciteToMcuPacketErrors 815=ESPResetSource 816=MIDFaultFlags 817=RelayWeldedFlags
    820=UptimeVariscite 821=UptimeMCU 822=DataUsage 823=CertificateVersion
    851=CommunicationModeConfigurationInconsistency 856=EnableLteDetailedSignalStrength
    857=EnableLocalNetworkMaintenance 866=OcppNativeConnected
    868=OcppNativeZaptecLoadBalancingEnabled 869=OcppNativeOnePhaseChargingPhase
    908=SmartMainboardSoftwareApplicationVersion 909=SmartMainboardBootloaderVersion
    911=SmartComputerSoftwareApplicationVersion 912=SmartComputerBootloaderVersion
    913=SmartComputerHardwareVersion 914=MIDLegallyRelevantSoftwareIdentifier 916=SourceVersion
    917=HwIdMainBoard 918=HwIdPowerBoard 964=LteVersion 965=LteDetailedSignalStrength
    1003=ScalingFactor 1004=CTRatioL1 1005=CTRatioL2 1006=CTRatioL3 1010=AMSHourlyEnergyImport
    1011=AMSHourlyEnergyExport 1012=AMSHourlyReactiveEnergyImport
    1013=AMSHourlyReactiveEnergyExport 1020=AMSCumulativeEnergyImport
    1021=AMSCumulativeEnergyExport 1022=AMSCumulativeReactiveEnergyImport
    1023=AMSCumulativeReactiveEnergyExport 1121=EnergyLevel 1122=VoltageEnergyLevel
    1131=GridControlLevel 1134=TransmitIntervalSensorReading 1135=TransmitThresholdSensorReading
    1136=MaxCurrentSensorReading 1160=PowerAveragingPeriod 1161=ActivePowerKw
"""

OBSERVED = Record(
    "observation by its id",
    (
        Field("-2", FLAG, "is_online", meaning="IsOnline"),
        Field("710", WHOLE, "mode", meaning="ChargerOperationMode: 3 is charging"),
        *(
            _measured(str(501 + phase), f"voltage_{phase}", "V", f"VoltagePhase{phase + 1}")
            for phase in range(3)
        ),
        *(
            _measured(str(507 + phase), f"current_{phase}", "A", f"CurrentPhase{phase + 1}")
            for phase in range(3)
        ),
        _measured("513", "power_w", "W", "TotalChargePower", 1e9),
        _kwh("553", "register_kwh", "TotalChargePowerSession"),
        Field("721", ID, "session_id", meaning="SessionIdentifier"),
        Field("800", ID, meaning="InstallationId"),
        Field("150", NETWORK, meaning="CommunicationMode"),
        Field("554", SIGNED, meaning="SignedMeterValue"),
        Field("723", SESSION_JSON, meaning="CompletedSession"),
        Field("713", PERSON, meaning="ChargerCurrentUserUuidDeprecated"),
        Field("722", PERSON, meaning="ChargerCurrentUserUuid"),
        Field("725", PERSON, meaning="RejectedUserUuid"),
        Field("750", PERSON, meaning="NewChargeCard"),
        Field("802", PLACE, meaning="ChargePointName"),
        *(
            Field(key, NUMBER, meaning=name)
            for key, name in (pair.split("=") for pair in _KEPT.split())
        ),
    ),
)
"""The observations that are kept, by StateId. Every other one is dropped: mobile network and Wi-Fi
ids (950-953, 960-963), keys and pins (861-864, 1140), the cache of authorised cards (-100), logs
(807, 808, 830, 850), and whatever comes next."""

OBSERVATION = Record(
    "observation",
    (
        Field("StateId", WHOLE, meaning="which"),
        Field("Timestamp", TIME, meaning="of its last change"),
        Field("ChargerId", ID),
        Field("ValueAsString", UNUSED, meaning="by StateId, see the next table"),
        *_ERROR,
    ),
)

COMPLETED = Record(
    "completed session of observation 723",
    (
        Field("AuthenticationCode", PERSON, meaning="the card"),
        Field("UserId", PERSON),
        Field("UserFullName", DESCRIBES),
        Field("SignedSession", SIGNED),
        *_all(ID, "SessionId"),
        *_all(TIME, "StartDateTime EndDateTime"),
        *_all(NUMBER, "Energy ReliableClock StoppedByRFID"),
    ),
)

RECORDS = (
    *(INSTALLATION, HIERARCHY, CIRCUIT, CHARGER, OBSERVATION, OBSERVED, COMPLETED),
    *(HISTORY, ENERGY_DETAIL, ARCHIVED, USER, READING, HISTORY_PAGE, ARCHIVED_PAGE),
)
"""In the order of docs/sources/zaptec.md."""


def _person_fields() -> PersonFields:
    """The fields that say who charged; the card's `AuthenticationCode` and OCMF's `ID` describe."""
    who = [*HISTORY.fields, *USER.fields]
    names = {
        kind: frozenset(field.name.lower() for field in who if field.kind is kind)
        for kind in (PERSON, DESCRIBES)
    }
    return PersonFields(
        identify=names[PERSON] | {"authorizeduser"}, describe=names[DESCRIBES] | {"ocmf.id"}
    )


PERSON_FIELDS = _person_fields()
