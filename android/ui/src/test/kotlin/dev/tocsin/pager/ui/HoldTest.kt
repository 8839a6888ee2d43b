package dev.tocsin.pager.ui

import android.provider.Settings
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.click
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTouchInput
import androidx.test.core.app.ApplicationProvider
import androidx.test.ext.junit.runners.AndroidJUnit4
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith

@RunWith(AndroidJUnit4::class)
class HoldTest {
    @get:Rule val compose = createComposeRule()
    private val samples = Samples()
    private var home by mutableStateOf(samples.ringing(samples.page))

    @Test
    fun `a finger that rests on the button checks in, once, however long it stays`() {
        val wanted = page()
        button().performTouchInput { down(center) }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS + 100)
        assertEquals(listOf(Intent.CheckIn(4711)), wanted.deeds())
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        button().performTouchInput { up() }
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        assertEquals(listOf(Intent.CheckIn(4711)), wanted.deeds())
    }

    @Test
    fun `a tap by a pocket does nothing`() {
        val wanted = page()
        button().performTouchInput { click() }
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        assertEquals(emptyList<Intent>(), wanted.deeds())
    }

    @Test
    fun `a finger lifted early does nothing, and two short touches do not add up`() {
        val wanted = page()
        repeat(2) {
            button().performTouchInput { down(center) }
            compose.mainClock.advanceTimeBy(HOLD_MILLIS - 100)
            button().performTouchInput { up() }
            compose.mainClock.advanceTimeBy(50)
        }
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        assertEquals(emptyList<Intent>(), wanted.deeds())
    }

    @Test
    fun `with animations removed a tap still does nothing and a hold still checks in`() {
        val resolver = ApplicationProvider.getApplicationContext<android.content.Context>().contentResolver
        Settings.Global.putFloat(resolver, Settings.Global.ANIMATOR_DURATION_SCALE, 0f)
        val wanted = page()
        button().performTouchInput { click() }
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        assertEquals(emptyList<Intent>(), wanted.deeds())
        button().performTouchInput { down(center) }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS + 100)
        assertEquals(listOf(Intent.CheckIn(4711)), wanted.deeds())
    }

    @Test
    fun `a half-asleep thumb may slip a little, but not away`() {
        val wanted = page()
        button().performTouchInput {
            down(center)
            moveTo(topCenter.copy(y = top - 20))
        }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS + 100)
        assertEquals(1, wanted.deeds().size)
        button().performTouchInput {
            up()
            down(center)
            moveTo(topCenter.copy(y = top - 400))
        }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS + 100)
        assertEquals(1, wanted.deeds().size)
    }

    @Test
    fun `a page that comes first in line under the finger is not answered by mistake`() {
        val wanted = page()
        button().performTouchInput { down(center) }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS / 2)
        home = samples.ringing(samples.page(4712))
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        assertEquals(emptyList<Intent>(), wanted.deeds())
    }

    @Test
    fun `a page that comes while a thumb checks in to all is not answered unseen`() {
        home = samples.ringing(samples.page, samples.page(4712))
        val wanted = page()
        all().performTouchInput { down(center) }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS / 2)
        home = samples.ringing(samples.page, samples.page(4712), samples.page(4713))
        compose.mainClock.advanceTimeBy(10 * HOLD_MILLIS)
        assertEquals(emptyList<Intent>(), wanted.deeds())
    }

    @Test
    fun `the clock that runs down under the finger does not interrupt it`() {
        var now by mutableStateOf(samples.now)
        compose.mainClock.autoAdvance = false
        val wanted = compose.show { PageScreen(home, null, now, it) }
        compose.mainClock.advanceTimeByFrame()
        button().performTouchInput { down(center) }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS / 2)
        now += 1_000
        compose.mainClock.advanceTimeBy(HOLD_MILLIS / 2 + 100)
        assertEquals(listOf(Intent.CheckIn(4711)), wanted.deeds())
    }

    @Test
    fun `whoever uses TalkBack checks in without holding`() {
        val wanted = page()
        button().performSemanticsAction(SemanticsActions.OnClick)
        assertEquals(listOf(Intent.CheckIn(4711)), wanted.deeds())
    }

    private fun button(): SemanticsNodeInteraction = compose.onNodeWithTag(Tags.CHECK_IN)

    private fun all(): SemanticsNodeInteraction = compose.onNodeWithTag(Tags.CHECK_IN_ALL)

    private fun page(): List<Intent> {
        compose.mainClock.autoAdvance = false
        val wanted = compose.show { PageScreen(home, null, samples.now, it) }
        compose.mainClock.advanceTimeByFrame()
        return wanted
    }
}
