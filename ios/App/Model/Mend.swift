import TocsinCore
import TocsinKit

/// Where a finding of the core is mended on an iPhone.
enum Mend: Hashable {
    /// By a permission.
    case allow(Rung)
    /// In Tocsin's own settings: the volume, the siren's voice.
    case ourSettings
    /// By registering with Apple's push service again.
    case pushes
    /// In the system's settings of this app; the rest of the way the finding tells.
    case systemSettings

    /// Where this finding is mended; nothing for what a drill mends, whose buttons stand beside it, and for what
    /// only the store or a new code mends.
    init?(_ code: Code) {
        switch code {
        case .notificationsBlocked: self = .allow(.notifications)
        case .criticalAlertsMissing, .doNotDisturbBlocks, .ringerSilent, .totalSilence:
            self = .allow(.criticalAlerts)
        case .timeSensitiveMissing, .doNotDisturbOverrideMissing: self = .allow(.timeSensitive)
        case .exactAlarmsMissing: self = .allow(.alarms)
        case .noSoundOutput, .volumeZero, .volumeLow, .volumeUnknown: self = .ourSettings
        case .noChannel, .oneWay, .unheard, .heardLongAgo: self = .pushes
        case .offline, .metered, .clockWrong, .clockOff, .batterySaver, .batteryExemptionMissing, .batteryLow,
            .fullScreenMissing, .notSaid:
            self = .systemSettings
        case .drillFailed, .drillOverdue, .drillSlow, .appOld, .newer, .revoked: return nil
        }
    }
}
