"""Settings of a charging station: those whose values may be kept, and the others that are known.

1.6 calls them configuration keys, 2.0.1 and 2.1 variables of a component. A value is kept only if
its setting is in `HARMLESS`, and only what consists of numbers, flags, times and words of the
standard; every other value is dropped, for it may be a password, an address or somebody's name.
"""

from __future__ import annotations

from typing import Final

HARMLESS: Final[frozenset[str]] = frozenset(
    """
    ACCurrent ACPhaseSwitchingSupported Active ActiveMonitoringBase ActiveMonitoringLevel
    ActiveNetworkProfile ACVoltage AdditionalInfoItemsPerMessage AdditionalRootCertificateCheck
    AllowNewSessionsPendingFirmwareUpdate AllowOfflineTxForUnknownId AllowReset Angle Attempts
    AuthorizationCacheEnabled AuthorizeRemoteStart AuthorizeRemoteTxRequests AvailabilityState
    Available BatteryOvervoltage BatteryTemperature BatteryUndervoltage BlinkRepeat
    BytesPerMessage CentralContractValidationAllowed CertificateEntries
    CertificateSignedMaxChainSize CertificateStoreMaxLength CertSigningRepeatTimes
    CertSigningWaitMinimum CHAdeMOProtocolNumber ChargeProfileMaxStackLevel ChargeProtocol
    ChargerConnectorLockFault ChargingCompleteBulk ChargingCompleteFull ChargingCurrentDeviation
    ChargingScheduleAllowedChargingRateUnit ChargingScheduleMaxPeriods ChargingSystemError
    ChargingSystemIncompatibility ChargingTime ClockAlignedDataInterval Color Complete
    ConfigurationValueSize ConnectedTime ConnectionTimeOut ConnectorPhaseRotation
    ConnectorPhaseRotationMaxLength ConnectorSwitch3to1PhaseSupported ConnectorType
    ContractCertificateInstallationEnabled ContractValidationOffline Count CurrentImbalance
    CustomImplementationEnabled DateTime DCCurrent DCVoltage DepartureTime DisablePostAuthorize
    DisableRemoteAuthorization DisplayMessages DistributionPanel DynamicControl ECVariant
    Enabled Energy EnergyCapacity EnergyExport EnergyExportRegister EnergyImport
    EnergyImportRegister Entries EVConnectionTimeOut ExternalControlSignalsEnabled Fallback
    FanSpeed FieldLength FileTransferProtocols Force Formats Frequency Fuse FuseRating
    GetConfigurationMaxKeys HeartbeatInterval Height HighCurrentControl HighVoltageControl
    Humidity Hysteresis Impedance Interval ISO15118PnCEnabled ItemsPerMessage Length LifeTime
    Light LightIntensity LimitChangeSignificance LocalAuthListEnabled LocalAuthListMaxLength
    LocalAuthorizeOffline LocalPreAuthorize MaxCertificateChainSize MaxChargingProfilesInstalled
    MaxEnergyOnInvalidId MaxMsgElements MaxScheduleEntries Measurands MessageAttemptInterval
    MessageAttempts MessageTimeout MeterValuesAlignedData MeterValuesAlignedDataMaxLength
    MeterValueSampleInterval MeterValuesSampledData MeterValuesSampledDataMaxLength
    MinimumStatusDuration Mode MonitoringBase MonitoringLevel NetworkConfigurationPriority
    NetworkProfileConnectionAttempts NextTimeOffsetTransitionDateTime NonEvseSpecific
    NotifyChargingLimitWithSchedules NtpSource NumberOfConnectors OfflineQueuingSeverity
    OfflineThreshold OfflineTxForUnknownIdEnabled Operated OperatingTimes OptionsSet Overload
    Percent Percentage PeriodsPerSchedule PersonalMessageSize PhaseRotation Phases3to1
    PnCEnabled Policy PostChargingTime Power PowerType Problem ProfileStackLevel Protecting
    ProtocolAgreed ProtocolSupportedByEV PublicKeyWithSignedMeterValue QueueAllMessages RateUnit
    RegisterValuesWithoutPhases RemainingTimeBulk RemainingTimeFull ReportingValueSize
    RequestedEnergyTransferMode RequestMeteringReceipt ReserveConnectorZeroSupported
    ResetRetries RetryBackOffRandomRange RetryBackOffRepeatTimes RetryBackOffWaitMinimum
    SecurityProfile SelftestActive SendDuringIdle SendLocalListMaxLength SignalStrength
    SignReadings State StateOfCharge StateOfChargeBulk StopTransactionOnEVSideDisconnect
    StopTransactionOnInvalidId StopTxnAlignedData StopTxnAlignedDataMaxLength StopTxnSampledData
    StopTxnSampledDataMaxLength StopTxOnEVSideDisconnect StopTxOnInvalidId Storage SupplyPhases
    SupportedFeatureProfiles SupportedFeatureProfilesMaxLength SupportedFormats
    SupportedPriorities Suspending Suspension Temperature Time TimeAdjustmentReportingThreshold
    TimeOffset Timeout TimeSource TimeZone TokenType TransactionMessageAttempts
    TransactionMessageRetryInterval Tries Tripped TxBeforeAcceptedEnabled TxEndedInterval
    TxEndedMeasurands TxStartedMeasurands TxStartPoint TxStopPoint TxUpdatedInterval
    TxUpdatedMeasurands UnlockConnectorOnEVSideDisconnect UnlockOnEVSideDisconnect
    V2GCertificateInstallationEnabled ValueSize VehicleChargingEnabled VehicleShiftPosition
    VehicleStatus VersionDate VoltageDeviation VoltageImbalance WebSocketPingInterval
    """.split()
)

SENSITIVE: Final[frozenset[str]] = frozenset(
    """
    AuthorizationKey AutoManufacturerCode BasicAuthPassword Certificate ChargingStation
    CountryName CpoName Currency DataText EvseId FirmwareVersion ICCID Identity IMSI
    InstanceName ISO15118EvseId Manufacturer MasterPassGroupId Message Model NetworkAddress
    NtpServerUri OrganizationName SeccId SerialNumber TariffFallbackMessage Token
    TotalCostFallbackMessage VehicleId VendorName VersionNumber
    """.split()
)
"""Settings of the standard that hold secrets, persons, addresses or free text: the name of the
setting is kept, its value never."""
