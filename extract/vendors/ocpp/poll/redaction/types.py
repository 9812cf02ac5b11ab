"""Objects that stand in OCPP messages: each field with its kind, or the table of its fields.

A lower-case key is a kind of `kinds.KINDS`; one that begins with a capital is another table of this
page. The names are those of the data types of OCPP 2.1 without their ending `Type`; objects of 1.6
are under the name of their successor, with the fields of both.
"""

from __future__ import annotations

from typing import Final

Table = dict[str, str]
"""Kind or table, then the names of its fields, separated by blanks."""

TYPES: Final[dict[str, Table]] = {
    "ACChargingParameters": {"number": "energyAmount evMinCurrent evMaxCurrent evMaxVoltage"},
    "AbsolutePriceSchedule": {
        "number": "priceScheduleID",
        "time": "timeAnchor",
        "currency": "currency",
        "language": "language",
        "text": "priceScheduleDescription priceAlgorithm",
        "AdditionalSelectedServices": "additionalSelectedServices",
        "OverstayRuleList": "overstayRuleList",
        "PriceRuleStack": "priceRuleStacks",
        "RationalNumber": "minimumCost maximumCost",
        "TaxRule": "taxRules",
    },
    "AdditionalInfo": {"word": "type", "shared": "additionalIdToken"},
    "AdditionalSelectedServices": {"text": "serviceName", "RationalNumber": "serviceFee"},
    "AuthorizationData": {
        "person": "idTag",
        "IdTagInfo": "idTagInfo",
        "IdToken": "idToken",
        "IdTokenInfo": "idTokenInfo",
    },
    "BatteryData": {
        "number": "evseId soC soH",
        "time": "productionDate",
        "text": "serialNumber vendorInfo",
    },
    "CertificateHashDataChain": {
        "word": "certificateType",
        "drop": "certificateHashData childCertificateHashData",
    },
    "CertificateStatus": {
        "word": "source status",
        "time": "nextUpdate",
        "drop": "certificateHashData",
    },
    "CertificateStatusRequestInfo": {"word": "source", "drop": "certificateHashData urls"},
    "ChargingLimit": {"flag": "isGridCritical isLocalGeneration", "word": "chargingLimitSource"},
    "ChargingNeeds": {
        "word": "requestedEnergyTransfer availableEnergyTransfer controlMode mobilityNeedsMode",
        "time": "departureTime",
        "ACChargingParameters": "acChargingParameters",
        "DCChargingParameters": "dcChargingParameters",
        "DERChargingParameters": "derChargingParameters",
        "EVEnergyOffer": "evEnergyOffer",
        "V2XChargingParameters": "v2xChargingParameters",
    },
    "ChargingPeriod": {"time": "startPeriod", "text": "tariffId", "CostDimension": "dimensions"},
    "ChargingProfile": {
        "id": "transactionId",
        "number": "chargingProfileId stackLevel id maxOfflineDuration dynUpdateInterval",
        "flag": "invalidAfterOfflineDuration",
        "word": "chargingProfilePurpose chargingProfileKind recurrencyKind",
        "time": "validFrom validTo dynUpdateTime",
        "drop": "priceScheduleSignature",
        "ChargingSchedule": "chargingSchedule",
    },
    "ChargingProfileCriterion": {
        "number": "stackLevel chargingProfileId",
        "word": "chargingProfilePurpose chargingLimitSource",
    },
    "ChargingSchedule": {
        "number": "duration minChargingRate id powerTolerance signatureId randomizedDelay",
        "flag": "useLocalTime",
        "word": "chargingRateUnit",
        "time": "startSchedule",
        "drop": "digestValue",
        "AbsolutePriceSchedule": "absolutePriceSchedule",
        "ChargingSchedulePeriod": "chargingSchedulePeriod",
        "LimitAtSoC": "limitAtSoC",
        "PriceLevelSchedule": "priceLevelSchedule",
        "SalesTariff": "salesTariff",
    },
    "ChargingSchedulePeriod": {
        "number": (
            "startPeriod limit numberPhases phaseToUse limit_L2 limit_L3 dischargeLimit "
            "dischargeLimit_L2 dischargeLimit_L3 setpoint setpoint_L2 setpoint_L3 "
            "setpointReactive setpointReactive_L2 setpointReactive_L3 v2xBaseline"
        ),
        "flag": "preconditioningRequest evseSleep",
        "word": "operationMode",
        "V2XFreqWattPoint": "v2xFreqWattCurve",
        "V2XSignalWattPoint": "v2xSignalWattCurve",
    },
    "ChargingScheduleUpdate": {
        "number": (
            "limit limit_L2 limit_L3 dischargeLimit dischargeLimit_L2 dischargeLimit_L3 "
            "setpoint setpoint_L2 setpoint_L3 setpointReactive setpointReactive_L2 "
            "setpointReactive_L3"
        ),
    },
    "ChargingStation": {"device": "serialNumber model vendorName firmwareVersion", "drop": "modem"},
    "ClearChargingProfile": {"number": "evseId stackLevel", "word": "chargingProfilePurpose"},
    "ClearMonitoringResult": {"number": "id", "word": "status", "StatusInfo": "statusInfo"},
    "ClearTariffsResult": {"word": "status", "text": "tariffId", "StatusInfo": "statusInfo"},
    "Component": {"word": "name instance", "EVSE": "evse"},
    "ComponentVariable": {"Component": "component", "Variable": "variable"},
    "CompositeSchedule": {
        "number": "evseId duration",
        "word": "chargingRateUnit",
        "time": "scheduleStart",
        "ChargingSchedulePeriod": "chargingSchedulePeriod",
    },
    "ConfigurationKey": {"flag": "readonly", "word": "key", "setting": "value"},
    "ConstantStreamData": {
        "number": "id variableMonitoringId",
        "PeriodicEventStreamParams": "params",
    },
    "ConsumptionCost": {"number": "startValue", "Cost": "cost"},
    "Cost": {"number": "amount amountMultiplier", "word": "costKind"},
    "CostDetails": {
        "flag": "failureToCalculate",
        "text": "failureReason",
        "ChargingPeriod": "chargingPeriods",
        "TotalCost": "totalCost",
        "TotalUsage": "totalUsage",
    },
    "CostDimension": {"number": "volume", "word": "type"},
    "DCChargingParameters": {
        "number": (
            "evMaxCurrent evMaxVoltage energyAmount evMaxPower stateOfCharge evEnergyCapacity "
            "fullSoC bulkSoC"
        ),
    },
    "DERChargingParameters": {
        "number": (
            "evOverExcitedMaxDischargePower evOverExcitedPowerFactor "
            "evUnderExcitedMaxDischargePower evUnderExcitedPowerFactor maxApparentPower "
            "maxChargeApparentPower maxChargeApparentPower_L2 maxChargeApparentPower_L3 "
            "maxDischargeApparentPower maxDischargeApparentPower_L2 "
            "maxDischargeApparentPower_L3 maxChargeReactivePower maxChargeReactivePower_L2 "
            "maxChargeReactivePower_L3 minChargeReactivePower minChargeReactivePower_L2 "
            "minChargeReactivePower_L3 maxDischargeReactivePower maxDischargeReactivePower_L2 "
            "maxDischargeReactivePower_L3 minDischargeReactivePower "
            "minDischargeReactivePower_L2 minDischargeReactivePower_L3 nominalVoltage "
            "nominalVoltageOffset maxNominalVoltage minNominalVoltage evIslandingTripTime "
            "evMaximumLevel1DCInjection evDurationLevel1DCInjection evMaximumLevel2DCInjection "
            "evDurationLevel2DCInjection evReactiveSusceptance "
            "evSessionTotalDischargeEnergyAvailable"
        ),
        "word": "evSupportedDERControl evIslandingDetectionMethod",
        "person": "evInverterSerialNumber",
        "text": "evInverterManufacturer evInverterModel evInverterSwVersion evInverterHwVersion",
    },
    "DERCurve": {
        "number": "priority responseTime duration",
        "word": "yUnit",
        "time": "startTime",
        "DERCurvePoints": "curveData",
        "Hysteresis": "hysteresis",
        "ReactivePowerParams": "reactivePowerParams",
        "VoltageParams": "voltageParams",
    },
    "DERCurveGet": {
        "flag": "isDefault isSuperseded",
        "word": "curveType",
        "text": "id",
        "DERCurve": "curve",
    },
    "DERCurvePoints": {"number": "x y"},
    "EVAbsolutePriceSchedule": {
        "time": "timeAnchor",
        "currency": "currency",
        "text": "priceAlgorithm",
        "EVAbsolutePriceScheduleEntry": "evAbsolutePriceScheduleEntries",
    },
    "EVAbsolutePriceScheduleEntry": {"number": "duration", "EVPriceRule": "evPriceRule"},
    "EVEnergyOffer": {
        "EVAbsolutePriceSchedule": "evAbsolutePriceSchedule",
        "EVPowerSchedule": "evPowerSchedule",
    },
    "EVPowerSchedule": {"time": "timeAnchor", "EVPowerScheduleEntry": "evPowerScheduleEntries"},
    "EVPowerScheduleEntry": {"number": "duration power"},
    "EVPriceRule": {"number": "energyFee powerRangeStart"},
    "EVSE": {"number": "id connectorId"},
    "EnterService": {
        "number": "priority highVoltage lowVoltage highFreq lowFreq delay randomDelay rampRate",
    },
    "EnterServiceGet": {"text": "id", "EnterService": "enterService"},
    "EventData": {
        "id": "transactionId",
        "number": "eventId cause variableMonitoringId severity",
        "flag": "cleared",
        "word": "trigger eventNotificationType",
        "time": "timestamp",
        "code": "techCode",
        "setting": "actualValue",
        "text": "techInfo",
        "Component": "component",
        "Variable": "variable",
    },
    "Firmware": {
        "time": "retrieveDateTime installDateTime",
        "drop": "location signingCertificate signature",
    },
    "FixedPF": {
        "number": "priority displacement duration",
        "flag": "excitation",
        "time": "startTime",
    },
    "FixedPFGet": {"flag": "isDefault isSuperseded", "text": "id", "FixedPF": "fixedPF"},
    "FixedVar": {"number": "priority setpoint duration", "word": "unit", "time": "startTime"},
    "FixedVarGet": {"flag": "isDefault isSuperseded", "text": "id", "FixedVar": "fixedVar"},
    "FreqDroop": {
        "number": "priority overFreq underFreq overDroop underDroop responseTime duration",
        "time": "startTime",
    },
    "FreqDroopGet": {"flag": "isDefault isSuperseded", "text": "id", "FreqDroop": "freqDroop"},
    "GetVariableData": {"word": "attributeType", "Component": "component", "Variable": "variable"},
    "GetVariableResult": {
        "word": "attributeStatus attributeType",
        "setting": "attributeValue",
        "Component": "component",
        "StatusInfo": "attributeStatusInfo",
        "Variable": "variable",
    },
    "Gradient": {"number": "priority gradient softGradient"},
    "GradientGet": {"text": "id", "Gradient": "gradient"},
    "GroupIdToken": {"word": "type", "shared": "idToken", "AdditionalInfo": "additionalInfo"},
    "Hysteresis": {"number": "hysteresisHigh hysteresisLow hysteresisDelay hysteresisGradient"},
    "IdTagInfo": {"word": "status", "time": "expiryDate", "shared": "parentIdTag"},
    "IdToken": {"word": "type", "person": "idToken", "AdditionalInfo": "additionalInfo"},
    "IdTokenInfo": {
        "number": "chargingPriority evseId",
        "word": "status",
        "time": "cacheExpiryDateTime",
        "language": "language1 language2",
        "drop": "personalMessage",
        "GroupIdToken": "groupIdToken",
    },
    "LimitAtSoC": {"number": "soc limit"},
    "LimitMaxDischarge": {
        "number": "priority pctMaxDischargePower duration",
        "time": "startTime",
        "DERCurve": "powerMonitoringMustTrip",
    },
    "LimitMaxDischargeGet": {
        "flag": "isDefault isSuperseded",
        "text": "id",
        "LimitMaxDischarge": "limitMaxDischarge",
    },
    "LogParameters": {"time": "oldestTimestamp latestTimestamp", "drop": "remoteLocation"},
    "MessageInfo": {
        "id": "transactionId",
        "number": "id",
        "word": "priority state",
        "time": "startDateTime endDateTime",
        "drop": "message messageExtra",
        "Component": "display",
    },
    "MeterValue": {"time": "timestamp", "SampledValue": "sampledValue"},
    "MonitoringData": {
        "Component": "component",
        "Variable": "variable",
        "VariableMonitoring": "variableMonitoring",
    },
    "NetworkConnectionProfile": {
        "number": "messageTimeout securityProfile",
        "word": "ocppVersion ocppTransport ocppInterface",
        "drop": "apn ocppCsmsUrl vpn identity basicAuthPassword",
    },
    "OverstayRule": {
        "number": "startTime overstayFeePeriod",
        "text": "overstayRuleDescription",
        "RationalNumber": "overstayFee",
    },
    "OverstayRuleList": {
        "number": "overstayTimeThreshold",
        "OverstayRule": "overstayRule",
        "RationalNumber": "overstayPowerThreshold",
    },
    "PeriodicEventStreamParams": {"number": "interval values"},
    "Price": {"number": "exclTax inclTax", "TaxRate": "taxRates"},
    "PriceLevelSchedule": {
        "number": "priceScheduleId numberOfPriceLevels",
        "time": "timeAnchor",
        "text": "priceScheduleDescription",
        "PriceLevelScheduleEntry": "priceLevelScheduleEntries",
    },
    "PriceLevelScheduleEntry": {"number": "duration priceLevel"},
    "PriceRule": {
        "number": "parkingFeePeriod carbonDioxideEmission renewableGenerationPercentage",
        "RationalNumber": "energyFee parkingFee powerRangeStart",
    },
    "PriceRuleStack": {"number": "duration", "PriceRule": "priceRule"},
    "RationalNumber": {"number": "exponent value"},
    "ReactivePowerParams": {
        "number": "vRef autonomousVRefTimeConstant",
        "flag": "autonomousVRefEnable",
    },
    "RelativeTimeInterval": {"number": "start duration"},
    "ReportData": {
        "Component": "component",
        "Variable": "variable",
        "VariableAttribute": "variableAttribute",
        "VariableCharacteristics": "variableCharacteristics",
    },
    "SalesTariff": {
        "number": "id numEPriceLevels",
        "text": "salesTariffDescription",
        "SalesTariffEntry": "salesTariffEntry",
    },
    "SalesTariffEntry": {
        "number": "ePriceLevel",
        "ConsumptionCost": "consumptionCost",
        "RelativeTimeInterval": "relativeTimeInterval",
    },
    "SampledValue": {
        "word": "context format measurand phase location unit",
        "reading": "value",
        "SignedMeterValue": "signedMeterValue",
        "UnitOfMeasure": "unitOfMeasure",
    },
    "SetMonitoringData": {
        "number": "id value severity",
        "flag": "transaction",
        "word": "type",
        "Component": "component",
        "PeriodicEventStreamParams": "periodicEventStream",
        "Variable": "variable",
    },
    "SetMonitoringResult": {
        "number": "id severity",
        "word": "status type",
        "Component": "component",
        "StatusInfo": "statusInfo",
        "Variable": "variable",
    },
    "SetVariableData": {
        "word": "attributeType",
        "setting": "attributeValue",
        "Component": "component",
        "Variable": "variable",
    },
    "SetVariableResult": {
        "word": "attributeType attributeStatus",
        "Component": "component",
        "StatusInfo": "attributeStatusInfo",
        "Variable": "variable",
    },
    "SignedMeterValue": {
        "word": "signingMethod encodingMethod",
        "signed": "signedMeterData",
        "drop": "publicKey",
    },
    "StatusInfo": {"word": "reasonCode", "text": "additionalInfo"},
    "StreamDataElement": {"number": "t", "reading": "v"},
    "Tariff": {
        "time": "validFrom",
        "currency": "currency",
        "text": "tariffId",
        "drop": "description",
        "Price": "minCost maxCost",
        "TariffEnergy": "energy",
        "TariffFixed": "fixedFee reservationFixed",
        "TariffTime": "chargingTime idleTime reservationTime",
    },
    "TariffAssignment": {
        "number": "evseIds",
        "word": "tariffKind",
        "time": "validFrom",
        "person": "idTokens",
        "text": "tariffId",
    },
    "TariffConditions": {
        "number": (
            "minEnergy maxEnergy minCurrent maxCurrent minPower maxPower minTime maxTime "
            "minChargingTime maxChargingTime minIdleTime maxIdleTime"
        ),
        "word": "dayOfWeek evseKind",
        "date": "validFromDate validToDate",
        "clock": "startTimeOfDay endTimeOfDay",
    },
    "TariffConditionsFixed": {
        "word": "dayOfWeek evseKind",
        "date": "validFromDate validToDate",
        "clock": "startTimeOfDay endTimeOfDay",
        "text": "paymentBrand paymentRecognition",
    },
    "TariffEnergy": {"TariffEnergyPrice": "prices", "TaxRate": "taxRates"},
    "TariffEnergyPrice": {"number": "priceKwh", "TariffConditions": "conditions"},
    "TariffFixed": {"TariffFixedPrice": "prices", "TaxRate": "taxRates"},
    "TariffFixedPrice": {"number": "priceFixed", "TariffConditionsFixed": "conditions"},
    "TariffTime": {"TariffTimePrice": "prices", "TaxRate": "taxRates"},
    "TariffTimePrice": {"number": "priceMinute", "TariffConditions": "conditions"},
    "TaxRate": {"number": "tax stack", "text": "type"},
    "TaxRule": {
        "number": "taxRuleID",
        "flag": (
            "taxIncludedInPrice appliesToEnergyFee appliesToParkingFee appliesToOverstayFee "
            "appliesToMinimumMaximumCost"
        ),
        "text": "taxRuleName",
        "RationalNumber": "taxRate",
    },
    "TotalCost": {
        "word": "typeOfCost",
        "currency": "currency",
        "Price": "fixed energy chargingTime idleTime reservationTime reservationFixed",
        "TotalPrice": "total",
    },
    "TotalPrice": {"number": "exclTax inclTax"},
    "TotalUsage": {"number": "energy chargingTime idleTime reservationTime"},
    "Transaction": {
        "id": "transactionId",
        "number": "timeSpentCharging remoteStartId",
        "word": "chargingState stoppedReason operationMode",
        "text": "tariffId",
        "TransactionLimit": "transactionLimit",
    },
    "TransactionLimit": {"number": "maxCost maxEnergy maxTime maxSoC"},
    "UnitOfMeasure": {"number": "multiplier", "word": "unit"},
    "V2XChargingParameters": {
        "number": (
            "minChargePower minChargePower_L2 minChargePower_L3 maxChargePower "
            "maxChargePower_L2 maxChargePower_L3 minDischargePower minDischargePower_L2 "
            "minDischargePower_L3 maxDischargePower maxDischargePower_L2 maxDischargePower_L3 "
            "minChargeCurrent maxChargeCurrent minDischargeCurrent maxDischargeCurrent "
            "minVoltage maxVoltage evTargetEnergyRequest evMinEnergyRequest evMaxEnergyRequest "
            "evMinV2XEnergyRequest evMaxV2XEnergyRequest targetSoC"
        ),
    },
    "V2XFreqWattPoint": {"number": "frequency power"},
    "V2XSignalWattPoint": {"number": "signal power"},
    "Variable": {"word": "name instance"},
    "VariableAttribute": {
        "flag": "persistent constant",
        "word": "type mutability",
        "setting": "value",
    },
    "VariableCharacteristics": {
        "number": "minLimit maxLimit maxElements",
        "flag": "supportsMonitoring",
        "word": "unit dataType",
        "setting": "valuesList",
    },
    "VariableMonitoring": {
        "number": "id value severity",
        "flag": "transaction",
        "word": "type eventNotificationType",
    },
    "VoltageParams": {
        "number": "hv10MinMeanValue hv10MinMeanTripDelay",
        "word": "powerDuringCessation",
    },
}
