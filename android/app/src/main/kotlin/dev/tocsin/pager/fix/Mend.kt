package dev.tocsin.pager.fix

import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.provider.Settings
import androidx.annotation.RequiresApi
import dev.tocsin.core.Code
import dev.tocsin.pager.ui.Tab

/** Where a finding is mended. Which findings there are the core says. */
sealed interface Mend {
    /** On a screen of the system: the first of these that this phone has. */
    data class There(
        val screens: List<Intent>,
    ) : Mend

    /** On this tab of Tocsin itself. */
    data class Here(
        val tab: Tab,
    ) : Mend

    companion object {
        /**
         * Where this finding is mended; nothing for what a drill mends, whose buttons stand beside it. The
         * screens are those of https://developer.android.com/reference/android/provider/Settings.
         */
        fun of(
            code: Code,
            context: Context,
        ): Mend? {
            val own = Uri.fromParts("package", context.packageName, null)
            val app = Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, own)
            return when (code) {
                Code.NOTIFICATIONS_BLOCKED,
                Code.CRITICAL_ALERTS_MISSING,
                Code.TIME_SENSITIVE_MISSING,
                -> there(notifications(context), app)

                Code.FULL_SCREEN_MISSING -> there(fullScreen(context, own), app)

                Code.EXACT_ALARMS_MISSING -> there(exactAlarms(own), app)

                Code.DO_NOT_DISTURB_OVERRIDE_MISSING,
                Code.DO_NOT_DISTURB_BLOCKS,
                -> there(Intent(Settings.ACTION_NOTIFICATION_POLICY_ACCESS_SETTINGS), app)

                Code.TOTAL_SILENCE -> there(Intent(Settings.ACTION_ZEN_MODE_PRIORITY_SETTINGS), sound())

                Code.NO_SOUND_OUTPUT,
                Code.VOLUME_ZERO,
                Code.VOLUME_LOW,
                Code.RINGER_SILENT,
                -> there(sound())

                Code.BATTERY_EXEMPTION_MISSING -> there(exemption(own), exemptions(), app)

                Code.BATTERY_SAVER -> there(exemption(own), Intent(Settings.ACTION_BATTERY_SAVER_SETTINGS))

                Code.BATTERY_LOW -> there(Intent(Intent.ACTION_POWER_USAGE_SUMMARY))

                Code.OFFLINE, Code.METERED -> there(Intent(Settings.ACTION_WIRELESS_SETTINGS))

                Code.CLOCK_WRONG, Code.CLOCK_OFF -> there(Intent(Settings.ACTION_DATE_SETTINGS))

                Code.APP_OLD -> there(store(context), app)

                Code.NOT_SAID, Code.NEWER -> there(app)

                Code.NO_CHANNEL,
                Code.ONE_WAY,
                Code.UNHEARD,
                Code.HEARD_LONG_AGO,
                Code.REVOKED,
                -> Here(Tab.SETTINGS)

                Code.DRILL_FAILED,
                Code.DRILL_OVERDUE,
                Code.DRILL_SLOW,
                Code.VOLUME_UNKNOWN,
                -> null
            }
        }

        private fun there(vararg screens: Intent?) = There(screens.filterNotNull())

        private fun notifications(context: Context) =
            Intent(Settings.ACTION_APP_NOTIFICATION_SETTINGS)
                .putExtra(Settings.EXTRA_APP_PACKAGE, context.packageName)

        private fun store(context: Context) =
            Intent(Intent.ACTION_VIEW, Uri.parse("market://details?id=${context.packageName}"))

        private fun sound() = Intent(Settings.ACTION_SOUND_SETTINGS)

        private fun exemption(own: Uri) = Intent(Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS, own)

        private fun exemptions() = Intent(Settings.ACTION_IGNORE_BATTERY_OPTIMIZATION_SETTINGS)

        /** Before Android 14 whoever may notify may also show the page over the lock screen. */
        private fun fullScreen(
            context: Context,
            own: Uri,
        ) = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
            fullScreen(own)
        } else {
            notifications(context)
        }

        @RequiresApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
        private fun fullScreen(own: Uri) = Intent(Settings.ACTION_MANAGE_APP_USE_FULL_SCREEN_INTENT, own)

        /** Before Android 12 nothing has to be allowed. */
        private fun exactAlarms(own: Uri) =
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) requestExactAlarms(own) else null

        @RequiresApi(Build.VERSION_CODES.S)
        private fun requestExactAlarms(own: Uri) = Intent(Settings.ACTION_REQUEST_SCHEDULE_EXACT_ALARM, own)
    }
}
