package dev.tocsin.pager.phone

import android.Manifest
import android.app.AlarmManager
import android.app.NotificationManager
import android.content.Intent
import android.content.IntentFilter
import android.content.pm.PackageManager
import android.media.AudioManager
import android.net.ConnectivityManager
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import androidx.annotation.RequiresApi
import dev.tocsin.core.Battery
import dev.tocsin.core.Connectivity
import dev.tocsin.core.DevicePort
import dev.tocsin.core.DoNotDisturb
import dev.tocsin.core.Facts
import dev.tocsin.core.Network
import dev.tocsin.core.Permission
import dev.tocsin.core.Permissions
import dev.tocsin.core.Platform
import dev.tocsin.core.Ringer
import dev.tocsin.core.Sound
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.notify.Channels
import dev.tocsin.pager.siren.AlarmVolume

/** What the core judges this phone by. Facts only: what they mean, and what to do, is the core's. */
class AndroidDevice(
    private val app: TocsinApp,
) : DevicePort {
    private val notifications = app.getSystemService(NotificationManager::class.java)
    private val audio = app.getSystemService(AudioManager::class.java)
    private val power = app.getSystemService(PowerManager::class.java)
    private val volume = AlarmVolume(app)

    override fun facts() =
        Facts(
            platform = Platform.ANDROID,
            appVersion = app.packageManager.getPackageInfo(app.packageName, 0).versionName,
            permissions = permissions(),
            sound = sound(),
            network = Network(connectivity()),
            battery = battery(),
        )

    private fun permissions() =
        Permissions(
            notifications = granted(seesNotifications()),
            doNotDisturbOverride =
                granted(notifications.isNotificationPolicyAccessGranted && Channels.bypassesDnd(app)),
            fullScreen =
                from(Build.VERSION_CODES.UPSIDE_DOWN_CAKE, ::canUseFullScreen),
            exactAlarms = from(Build.VERSION_CODES.S, ::canScheduleExactAlarms),
            batteryExemption = granted(power.isIgnoringBatteryOptimizations(app.packageName)),
            criticalAlerts = Permission.NOT_NEEDED,
            timeSensitive = Permission.NOT_NEEDED,
        )

    private fun seesNotifications(): Boolean =
        notifications.areNotificationsEnabled() && Channels.isOpen(app) &&
            (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU || mayPost())

    @RequiresApi(Build.VERSION_CODES.TIRAMISU)
    private fun mayPost() =
        app.checkSelfPermission(Manifest.permission.POST_NOTIFICATIONS) == PackageManager.PERMISSION_GRANTED

    @RequiresApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
    private fun canUseFullScreen() = notifications.canUseFullScreenIntent()

    @RequiresApi(Build.VERSION_CODES.S)
    private fun canScheduleExactAlarms() =
        app.getSystemService(AlarmManager::class.java).canScheduleExactAlarms()

    /** Older systems do not ask for it. */
    private fun from(
        version: Int,
        holds: () -> Boolean,
    ) = if (Build.VERSION.SDK_INT < version) Permission.NOT_NEEDED else granted(holds())

    private fun granted(holds: Boolean) = if (holds) Permission.GRANTED else Permission.DENIED

    private fun sound() =
        Sound(
            effectiveVolume = volume.effective(),
            // What do-not-disturb has muted no app can raise.
            volumeFloor = app.settings.volumeFloor.takeUnless { volume.isSilenced() },
            ringer = ringer(),
            doNotDisturb = doNotDisturb(),
            outputPresent = audio.getDevices(AudioManager.GET_DEVICES_OUTPUTS).isNotEmpty(),
            lastHeardAt = null,
        )

    private fun ringer() =
        when (audio.ringerMode) {
            AudioManager.RINGER_MODE_NORMAL -> Ringer.NORMAL
            AudioManager.RINGER_MODE_VIBRATE -> Ringer.VIBRATE
            AudioManager.RINGER_MODE_SILENT -> Ringer.SILENT
            else -> Ringer.UNKNOWN
        }

    private fun doNotDisturb() =
        when (notifications.currentInterruptionFilter) {
            NotificationManager.INTERRUPTION_FILTER_ALL -> DoNotDisturb.OFF
            NotificationManager.INTERRUPTION_FILTER_PRIORITY -> DoNotDisturb.PRIORITY
            NotificationManager.INTERRUPTION_FILTER_ALARMS -> DoNotDisturb.ALARMS_ONLY
            NotificationManager.INTERRUPTION_FILTER_NONE -> DoNotDisturb.TOTAL_SILENCE
            else -> DoNotDisturb.UNKNOWN
        }

    /**
     * A network counts even if the system has not validated it: a team's server may be in a network without
     * internet. Data Saver holds an app's background traffic back on metered networks, see
     * https://developer.android.com/develop/connectivity/network-ops/data-saver.
     */
    private fun connectivity(): Connectivity {
        val networks = app.getSystemService(ConnectivityManager::class.java)
        val saves =
            networks.restrictBackgroundStatus == ConnectivityManager.RESTRICT_BACKGROUND_STATUS_ENABLED
        return when {
            networks.activeNetwork == null -> Connectivity.OFFLINE
            saves && networks.isActiveNetworkMetered -> Connectivity.METERED
            else -> Connectivity.ONLINE
        }
    }

    private fun battery(): Battery {
        // A sticky broadcast: asking for it registers nothing.
        val state = app.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
        val level = state?.getIntExtra(BatteryManager.EXTRA_LEVEL, -1) ?: -1
        val scale = state?.getIntExtra(BatteryManager.EXTRA_SCALE, -1) ?: -1
        return Battery(
            level = if (level >= 0 && scale > 0) level.toFloat() / scale else null,
            charging = state?.let { it.getIntExtra(BatteryManager.EXTRA_PLUGGED, 0) != 0 },
            saverOn = power.isPowerSaveMode,
        )
    }
}
