"""The words of the standard. A field that holds words keeps these and nothing else.

They are public, so none of them is a person, wherever it stands. They are compared without regard
to case and to `_`, `-`, `.` and blanks: some back ends write `SUSPENDED_EV` for `SuspendedEV`.
"""

from __future__ import annotations

from typing import Final

ENUMERATED: Final[frozenset[str]] = frozenset(
    """
    A AbnormalCondition Absolute AC AC_BPT AC_BPT_DER AC_DER AC_single_phase AC_three_phase
    AC_two_phase Accepted AcceptedCanceled Active Actual Alerting All AlwaysFront Any
    ApplicationReset ASCII Authorized AUTO Available BadMessage BatteryIn BatteryOut
    BatteryOutTimeout Blocked Body boolean BootNotification Cable CablePluggedIn Canceled
    CarbonDioxideEmission cCCS1 cCCS2 Celcius Celsius Central CentralFrequency CentralSetpoint
    CentralSystemRootCertificate CertChainError CertificateExpired CertificateRevoked cG105 CHAP
    ChargePointMaxProfile Charging ChargingOnly ChargingRateChanged ChargingStateChanged
    ChargingStationCertificate ChargingStationExternalConstraints ChargingStationMaxProfile
    ChargingTime ChecksumVerified ConcurrentTx ConditionNotSupported ConfigurationInventory
    ConnectorLockFailure ContractCancelled CostLimitReached CRL CSMSRootCertificate CSO cTesla
    cType1 cType2 Current.Export Current.Export.Minimum Current.Export.Offered Current.Import
    Current.Import.Minimum Current.Import.Offered Current.Offered CurrentImbalance CustomMonitor
    CustomTrigger Daily DataCollectorLog dateTime DC DC_ACDP DC_ACDP_BPT DC_BPT DeAuthorized
    Deauthorized decimal DefaultTariff Delta DeltaMonitoring DiagnosticsLog
    DiagnosticsStatusNotification Differential Discharging Display.BatteryEnergyCapacity
    Display.ChargingComplete Display.InletHot Display.MaximumSOC Display.MinimumSOC
    Display.PresentSOC Display.RemainingTimeToMaximumSOC Display.RemainingTimeToMinimumSOC
    Display.RemainingTimeToTargetSOC Display.TargetSOC Downloaded DownloadFailed Downloading
    DownloadOngoing DownloadPaused DownloadScheduled DriverTariff Duplicate DuplicateTariffId
    Dynamic DynamicControl eMAID EmergencyStop EmptyResultSet EMS Enabled Ended Energy
    Energy.Active.Export.Interval Energy.Active.Export.Register Energy.Active.Import.CableLoss
    Energy.Active.Import.Interval Energy.Active.Import.LocalGeneration.Register
    Energy.Active.Import.Register Energy.Active.Net Energy.Active.Setpoint.Interval
    Energy.Apparent.Export Energy.Apparent.Import Energy.Apparent.Net
    Energy.Reactive.Export.Interval Energy.Reactive.Export.Register
    Energy.Reactive.Import.Interval Energy.Reactive.Import.Register Energy.Reactive.Net
    EnergyLimitReached EnergyRequest.Bulk EnergyRequest.Maximum EnergyRequest.Maximum.V2X
    EnergyRequest.Minimum EnergyRequest.Minimum.V2X EnergyRequest.Target EnterService EV EVCC
    EVCC_SECC EVCommunicationError EVCommunicationLost EVConnected EVConnectTimeout EVDeparted
    EVDetected EVDisconnected Expired ExternalLimits ExternalSetpoint FactoryDefault Fahrenheit
    Failed Faulted Finishing FirmwareStatusNotification FirmwareUpdate FixedPFAbsorb
    FixedPFInject FixedVar FreqDroop Frequency FrequencyJump FreqWatt Friday Full FullInventory
    Good Gradients GroundFailure GroundFault Hard HardReset HardWiredMonitor
    HardWiredNotification HardWiredOnly Heartbeat Hertz HFMayTrip HFMustTrip HighTemperature
    HTML HVMayTrip HVMomCess HVMustTrip Idle IdleTIme IKEv2 Immediate ImmediateAndResume
    ImmediateReset ImpedanceAtFrequency ImpedanceMeasurement InFront Inlet Inoperative Install
    InstallationFailed Installed Installing InstallRebooting InstallScheduled
    InstallVerificationFailed integer InternalError Interruption.Begin Interruption.End Invalid
    InvalidCertificate InvalidChecksum InvalidSignature IPSec ISO14443 ISO15693 JSON K KeyCode
    kVA kvar kvarh kW kWh L1 L1-L2 L1-N L2 L2-L3 L2-N L2TP L3 L3-L1 L3-N LanguageNotSupported
    LFMustTrip LimitMaxDischarge LimitSet Local LocalEmergency LocalFrequency LocalGeneration
    LocalListConflict LocalLoadBalancing LocalOutOfCredit LocalReset LogStatusNotification
    LowerThreshold LowInputPower LVMayTrip LVMomCess LVMustTrip MacAddress
    ManufacturerRootCertificate MasterPass MaxCost MaxCurrent MaxPower MaxSet MemberList
    MeterValueClock MeterValuePeriodic MeterValues MinCost MinCurrent MinPower MinSet Monday
    MORootCertificate N NoAntiIslandingSupport NoAuthorization NoCertificateAvailable
    NoChargingProfile NoCredit NoCurrencyChange NoError NoFirmware NONE NoProfile NoProfiles
    NormalCost NormalCycle Not_Applicable NotAllowedTypeEVSE NoTariff NotAtThisLocation
    NotAtThisTime NotFound NotImplemented NoTransaction NotReady NotSupported
    NotSupportedAttributeType NotSupportedMessageFormat NotSupportedOperation
    NotSupportedPriority NotSupportedState Occupied OCPP12 OCPP15 OCPP16 OCPP20 OCPP201 OCPP21
    OCSP OEMRootCertificate OngoingAuthorizedTransaction OnIdle OperationModeChanged Operative
    OptionList Other Other1PhMax16A Other1PhOver16A Other3Ph OtherActive OtherError OtherPassive
    Outlet OverCurrent OverCurrentFailure OvercurrentFault OverFrequency OverVoltage Pan PAP
    PctEffectiveV PctMaxVar PctMaxW PctVarAvail PctWAvail Pending Percent Periodic
    PeriodicClockAligned PeriodicMonitoring PermissionDenied PhaseRotation Power.Active.Export
    Power.Active.Import Power.Active.Residual Power.Active.Setpoint Power.Export.Minimum
    Power.Export.Offered Power.Factor Power.Import.Minimum Power.Import.Offered Power.Offered
    Power.Reactive.Export Power.Reactive.Import PowerLoss PowerMeterFailure
    PowerMonitoringMustTrip PowerQuality PowerSwitchFailure PowerUp PPTP Preconditioning
    PreconfiguredMonitor Preparing PriorityCharging Problem Processing Published PublishFailed
    PublishFirmwareStatusNotification QRCODE Raw RCLQFactor Reactive ReaderFailure ReadOnly
    ReadWrite Ready Reboot RebootRequired Recurring Rejected Relative RelativePricePercentage
    Remote RemoteEmergency RemoteReset RemoteStart RemoteStop Removed
    RenewableGenerationPercentage ReqEnergyTransferRejected Reserved ResetCommand ResetFailure
    Revoked RevokedCertificate RoCoF RPM RunningCost s309-1P-16A s309-1P-32A s309-3P-16A
    s309-3P-32A Sample.Clock Sample.Periodic SandiaFrequencyShift SandiaVoltageShift Saturday
    sBS1361 sCEE-7-7 Scheduled ScheduledControl ScheduledReset SecurityLog SequenceList Settled
    SHA256 SHA384 SHA512 SignatureError SignatureVerified SignChargePointCertificate
    SignChargingStationCertificate SignCombinedCertificate SignedData SignedDataReceived
    SignV2G20Certificate SignV2GCertificate SlipModeFrequencyShift SO SOAP SoC SOCLimitReached
    SoCLimitReached Soft SoftReset Started StatusNotification StopAuthorized StoppedByEV string
    sType2 sType3 SummaryInventory Sunday Suspended SuspendedEV SuspendedEVSE Target TargetDelta
    TargetDeltaRelative TariffChanged TariffNotAccepted Temperature ThresholdMonitoring Thursday
    TimeLimitReached Timeout TooManyElements Transaction.Begin Transaction.End TransactionEvent
    Trigger Triggered Tuesday TxDefaultProfile TxNotFound TxProfile TxResumed UFP_OFP
    Unavailable UnderFrequency UnderVoltage Undetermined Unknown UnknownComponent
    UnknownConnector UnknownMessageId UnknownTransaction UnknownVariable UnknownVendorId
    UnlockCommand Unlocked UnlockFailed Unpublished UnsupportedMonitorType Update Updated
    Uploaded UploadFailed UploadFailure Uploading UpperThreshold Upstream URI UTF8 UVP_OVP V
    V2G20Certificate V2GCertificate V2GCertificateChain V2GRootCertificate VA var varh
    VersionMismatch Voltage Voltage.Maximum Voltage.Minimum VoltageImbalance VoltageVectorShift
    VoltVar VoltWatt W Watchdog WattPF WattVar WeakSignal Wednesday Weekly Wh wInductive Wired0
    Wired1 Wired2 Wired3 Wireless0 Wireless1 Wireless2 Wireless3 WPT wResonant WriteOnly
    ZeroCrossingDetection
    """.split()
)
"""Every value of every enumeration in the JSON schemas of 1.6, 2.0.1 and 2.1."""

LISTED: Final[frozenset[str]] = frozenset(
    """
    A AccessBarrier AcDcConverter AcPhaseSelector Actuator AirCoolingSystem AlignedDataCtrlr
    AreaVentilation ASU AttemptedReplayAttacks AuthCacheCtrlr AuthCtrlr B BayOccupancySensor
    BeaconLighting CableBreakawaySensor CaseAccessSensor Celsius CHAdeMOCtrlr ChargingProfiles
    ChargingStation ChargingStatusIndicator ClearVariableMonitoring ClockCtrlr ConnectedEV
    Connector ConnectorHolsterRelease ConnectorHolsterSensor ConnectorPlugRetentionLock
    ConnectorProtectionRelease Controller ControlMetering Cost CPPWMController
    CsmsFailedToAuthenticate CSNotAccepted CustomizationCtrlr DataLink dB dBm Default Deg
    DeviceDataCtrlr Display DisplayMessageCtrlr DistributionPanel DuplicateProfile
    DuplicateRequestId ElectricalFeed ELVSupply EmergencyStopSensor EnvironmentalLighting
    EVRetentionLock EVSE ExternalTemperatureSensor Fahrenheit FailedToAuthenticateAtCsms
    FirmwareUpdated FiscalMetering FixedCable FloodSensor FwUpdateInProgress GetReport
    GetVariables GroundIsolationProtection Heater HumiditySensor Hz InternalError
    InvalidCertificate InvalidChargingStationCertificate InvalidCsmsCertificate InvalidCSR
    InvalidFirmwareSignature InvalidFirmwareSigningCertificate InvalidIdToken InvalidMessages
    InvalidMessageSeq InvalidProfile InvalidSchedule InvalidStackLevel InvalidTLSCipherSuite
    InvalidTLSVersion InvalidURL InvalidValue ISO15118Ctrlr K kPa kVA kVAh kvar kvarh kW kWh
    LightSensor LiquidCoolingSystem LocalAuthListCtrlr LocalAvailabilitySensor LocalController
    LocalEnergyStorage lx m MaintenanceLoginAccepted MaintenanceLoginFailed MemoryExhaustion
    MissingDeviceModelInfo MissingParam MonitoringCtrlr ms2 N NoCable NoError NotEnabled
    NotFound OCPPCommCtrlr Ohm OutOfMemory OutOfStorage OverCurrentProtection
    OverCurrentProtectionRecloser Percent PowerContactor RCD RCDRecloser ReadOnly RealTimeClock
    ReconfigurationOfSecurityParameters ReservationCtrlr ResetOrReboot RH RPM s SampledDataCtrlr
    SecurityCtrlr SecurityLogWasCleared SettingSystemTime SetVariableMonitoring SetVariables
    ShockSensor SmartChargingCtrlr SpacesCountSignage StartupOfTheDevice Switch
    TamperDetectionActivated Tariff TariffCostCtrlr TemperatureSensor TiltSensor TokenReader
    TooLargeElement TooManyElements TransactionEvent TxCtrlr TxInProgress TxNotFound TxStarted
    UIInput UnknownConnectorId UnknownConnectorType UnknownEvse UnknownTxId Unspecified
    UnsupportedParam UnsupportedRateUnit UnsupportedRequest UpstreamProtectionTrigger V VA VAh
    ValueOutOfRange ValuePositiveOnly ValueTooHigh ValueTooLow ValueZeroNotAllowed var varh
    VehicleIdSensor W Wh WriteOnly
    """.split()
)
"""From the appendices of 2.0.1: security events, reason codes, units, components, instances."""

ADDED: Final[frozenset[str]] = frozenset(
    """
    FormationViolation FormatViolation PropertyConstraintViolation OccurenceConstraintViolation
    OccurrenceConstraintViolation TypeConstraintViolation GenericError InternalError ProtocolError
    SecurityError RpcFrameworkError MessageTypeNotSupported NotImplemented NotSupported
    DirectPayment EVCCID VIN
    OCMF EDL ECDSA ECDSA-secp192k1-SHA256 ECDSA-secp256k1-SHA256 ECDSA-secp192r1-SHA256
    ECDSA-secp256r1-SHA256 ECDSA-brainpool256r1-SHA256 ECDSA-secp384r1-SHA256
    ECDSA-brainpool384r1-SHA256 ECDSASECP192R1SHA256 ECDSASECP256R1SHA256
    CC RFID NFC CreditCard DebitCard
    Core FirmwareManagement LocalAuthListManagement Reservation SmartCharging RemoteTrigger
    RST RTS SRT STR TRS TSR NotApplicable
    Current Power DataSigned EnergyTransfer ParkingBayOccupancy PowerPathClosed
    DHCP GPS manual MobileNetwork NTP RadioTimeTransmitter RealTimeClock
    FTP FTPS HTTP HTTPS SFTP
    true false n/a NaN null
    """.split()
)
"""From the prose of the specifications: error codes of OCPP-J, tokens of 2.1, methods of signing,
payment, feature profiles, orders of phases, rate units, points of start and stop, sources of time,
protocols."""


def plain(text: str) -> str:
    """A word or a name without case, `_`, `-`, `.` and blanks."""
    return text.translate(_APART).casefold()


_APART = dict.fromkeys(map(ord, "_-. "))
