package dev.tocsin.pager.fix

import android.app.Activity
import android.app.Application
import android.content.Intent
import android.provider.Settings
import androidx.test.core.app.ApplicationProvider
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Code
import dev.tocsin.pager.R
import dev.tocsin.pager.TestTocsinApp
import dev.tocsin.pager.ui.Tab
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** What is wrong has a button, and the button leads to where it is mended. */
@RunWith(AndroidJUnit4::class)
class MendTest {
    private val app: TestTocsinApp get() = ApplicationProvider.getApplicationContext()
    private val screen by lazy { Robolectric.buildActivity(Activity::class.java).setup().get() }

    @Test
    fun `each finding leads to the screen that Android documents for it`() {
        val documented =
            mapOf(
                Code.NOTIFICATIONS_BLOCKED to Settings.ACTION_APP_NOTIFICATION_SETTINGS,
                Code.FULL_SCREEN_MISSING to Settings.ACTION_MANAGE_APP_USE_FULL_SCREEN_INTENT,
                Code.EXACT_ALARMS_MISSING to Settings.ACTION_REQUEST_SCHEDULE_EXACT_ALARM,
                Code.DO_NOT_DISTURB_OVERRIDE_MISSING to Settings.ACTION_NOTIFICATION_POLICY_ACCESS_SETTINGS,
                Code.DO_NOT_DISTURB_BLOCKS to Settings.ACTION_NOTIFICATION_POLICY_ACCESS_SETTINGS,
                Code.TOTAL_SILENCE to Settings.ACTION_ZEN_MODE_PRIORITY_SETTINGS,
                Code.VOLUME_ZERO to Settings.ACTION_SOUND_SETTINGS,
                Code.VOLUME_LOW to Settings.ACTION_SOUND_SETTINGS,
                Code.NO_SOUND_OUTPUT to Settings.ACTION_SOUND_SETTINGS,
                Code.BATTERY_EXEMPTION_MISSING to Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS,
                Code.BATTERY_SAVER to Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS,
                Code.OFFLINE to Settings.ACTION_WIRELESS_SETTINGS,
                Code.METERED to Settings.ACTION_WIRELESS_SETTINGS,
                Code.CLOCK_WRONG to Settings.ACTION_DATE_SETTINGS,
                Code.CLOCK_OFF to Settings.ACTION_DATE_SETTINGS,
                Code.NOT_SAID to Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
            )
        for ((code, action) in documented) {
            assertTrue("$code opens nothing", screen.openFirst(screens(code)))
            assertEquals("$code", action, shadowOf(app).nextStartedActivity.action)
        }
    }

    @Test
    fun `a screen that is one app's own opens at Tocsin`() {
        val battery = screens(Code.BATTERY_EXEMPTION_MISSING).first()
        assertEquals("package:${app.packageName}", battery.dataString)
        val notifications = screens(Code.NOTIFICATIONS_BLOCKED).first()
        assertEquals(app.packageName, notifications.getStringExtra(Settings.EXTRA_APP_PACKAGE))
    }

    @Test
    fun `what pushes lack is mended in Tocsin, and what a drill lacks by a drill`() {
        assertEquals(Mend.Here(Tab.SETTINGS), Mend.of(Code.NO_CHANNEL, app))
        assertEquals(Mend.Here(Tab.SETTINGS), Mend.of(Code.ONE_WAY, app))
        assertNull(Mend.of(Code.DRILL_OVERDUE, app))
    }

    @Test
    fun `a phone without a screen shows the next best, and one without any says so`() {
        shadowOf(app as Application).checkActivities(true)
        assertFalse(screen.openFirst(screens(Code.FULL_SCREEN_MISSING)))
        val own = screens(Code.FULL_SCREEN_MISSING).last()
        shadowOf(app.packageManager).addActivityIfNotPresent(own.here())
        shadowOf(app.packageManager).addIntentFilterForActivity(own.here(), own.filter())
        assertTrue(screen.openFirst(screens(Code.FULL_SCREEN_MISSING)))
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, shadowOf(app).nextStartedActivity.action)
    }

    @Test
    fun `makers that put apps to sleep are known by all their names`() {
        assertEquals(Maker.XIAOMI, Maker.ofThisPhone("Xiaomi"))
        assertEquals(Maker.XIAOMI, Maker.ofThisPhone("POCO"))
        assertEquals(Maker.HUAWEI, Maker.ofThisPhone("HONOR"))
        assertEquals(Maker.SAMSUNG, Maker.ofThisPhone("samsung"))
        assertEquals(Maker.OPPO, Maker.ofThisPhone("OnePlus"))
        assertEquals(Maker.OPPO, Maker.ofThisPhone("realme"))
        assertEquals(Maker.VIVO, Maker.ofThisPhone("vivo"))
        assertNull(Maker.ofThisPhone("Google"))
    }

    @Test
    @Config(qualifiers = "ko")
    fun `a maker's screen that moved leads to the app's own, with a line in the person's language`() {
        val last = Maker.SAMSUNG.screens(app).last()
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, last.action)
        assertTrue(app.getString(Maker.SAMSUNG.hint).startsWith("삼성"))
        assertTrue(app.getString(R.string.maker_vivo).startsWith("vivo와"))
    }

    private fun screens(code: Code): List<Intent> = (Mend.of(code, app) as Mend.There).screens

    private fun Intent.here() = android.content.ComponentName("com.android.settings", action.orEmpty())

    private fun Intent.filter() =
        android.content.IntentFilter(action).apply {
            addCategory(Intent.CATEGORY_DEFAULT)
            addDataScheme("package")
        }
}
