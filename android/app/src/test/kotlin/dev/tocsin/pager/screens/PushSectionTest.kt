package dev.tocsin.pager.screens

import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Transport
import dev.tocsin.pager.R
import dev.tocsin.pager.push.PushTrouble
import dev.tocsin.pager.push.UnifiedPushWay
import dev.tocsin.pager.support.PhoneTest
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith

/** How pushes stand, as the person reads it in Settings. */
@RunWith(AndroidJUnit4::class)
class PushSectionTest : PhoneTest() {
    @get:Rule val compose = createComposeRule()

    @Test
    fun `a way says how it stands, and what to do when it does not work`() {
        compose.setContent { PushSection {} }
        shows(R.string.push_not_set_up)
        app.pushes.failed(Transport.WEB_PUSH, PushTrouble.NO_APP)
        shows(PushTrouble.NO_APP.text)
        shows(UnifiedPushWay.troubleshoot)
        app.pushes.arrived(Transport.WEB_PUSH, "https://192.0.2.1/phone")
        shows(R.string.push_registered)
        app.pushes.failed(Transport.WEB_PUSH, PushTrouble.TEMPORARILY_UNAVAILABLE)
        shows(PushTrouble.TEMPORARILY_UNAVAILABLE.text)
    }

    @Test
    fun `it is tried again on demand`() {
        var asked = 0
        compose.setContent { PushSection { asked += 1 } }
        compose.onNodeWithText(app.getString(R.string.push_again)).performClick()
        assertEquals(1, asked)
    }

    private fun shows(text: Int) {
        compose.waitForIdle()
        compose.onNodeWithText(app.getString(text), substring = true).assertIsDisplayed()
    }
}
