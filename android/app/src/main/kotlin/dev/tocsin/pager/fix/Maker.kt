package dev.tocsin.pager.fix

import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.provider.Settings
import androidx.annotation.StringRes
import dev.tocsin.pager.R

/**
 * Makers whose phones put apps to sleep by rules of their own, and where that is turned off.
 *
 * The list and the advice follow https://dontkillmyapp.com. These screens are nobody's interface: they move
 * between versions, so each has others behind it, and the app's own page in the system's settings is last.
 */
enum class Maker(
    private val names: Set<String>,
    /** What to do there, in one line. */
    @get:StringRes val hint: Int,
    private val places: List<ComponentName>,
) {
    XIAOMI(
        setOf("xiaomi", "redmi", "poco"),
        R.string.maker_xiaomi,
        listOf(
            place("com.miui.securitycenter", "com.miui.permcenter.autostart.AutoStartManagementActivity"),
        ),
    ),
    HUAWEI(
        setOf("huawei", "honor"),
        R.string.maker_huawei,
        listOf(
            place("com.huawei.systemmanager", ".startupmgr.ui.StartupNormalAppListActivity"),
            place("com.huawei.systemmanager", ".optimize.process.ProtectActivity"),
            place("com.hihonor.systemmanager", ".startupmgr.ui.StartupNormalAppListActivity"),
        ),
    ),
    SAMSUNG(
        setOf("samsung"),
        R.string.maker_samsung,
        listOf(
            place("com.samsung.android.lool", "com.samsung.android.sm.battery.ui.BatteryActivity"),
            place("com.samsung.android.lool", "com.samsung.android.sm.ui.battery.BatteryActivity"),
        ),
    ),
    OPPO(
        setOf("oppo", "realme", "oneplus"),
        R.string.maker_oppo,
        listOf(
            place("com.coloros.safecenter", ".permission.startup.StartupAppListActivity"),
            place("com.coloros.safecenter", ".startupapp.StartupAppListActivity"),
            place("com.oplus.safecenter", ".startupapp.view.StartupAppListActivity"),
            place("com.oneplus.security", ".chainlaunch.view.ChainLaunchAppListActivity"),
        ),
    ),
    VIVO(
        setOf("vivo", "iqoo"),
        R.string.maker_vivo,
        listOf(
            place("com.vivo.permissionmanager", ".activity.BgStartUpManagerActivity"),
            place("com.iqoo.secure", ".ui.phoneoptimize.AddWhiteListActivity"),
        ),
    ),
    ;

    /** Where it is turned off, likeliest first. */
    fun screens(context: Context): List<Intent> = places.map { Intent().setComponent(it) } + app(context)

    private fun app(context: Context) =
        Intent(
            Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
            Uri.fromParts("package", context.packageName, null),
        )

    companion object {
        /** The maker of this phone, if it is one of these. */
        fun ofThisPhone(manufacturer: String = Build.MANUFACTURER): Maker? =
            entries.find { manufacturer.lowercase() in it.names }
    }
}

private fun place(
    app: String,
    screen: String,
) = ComponentName(app, if (screen.startsWith(".")) app + screen else screen)
