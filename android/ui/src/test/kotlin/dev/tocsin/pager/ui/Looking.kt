package dev.tocsin.pager.ui

import androidx.compose.runtime.Composable
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.junit4.ComposeContentTestRule
import androidx.compose.ui.test.onAllNodesWithTag
import org.junit.Assert.assertEquals
import org.junit.rules.ExternalResource
import java.util.TimeZone

/**
 * Robolectric's own small phone: with any other size a dialog that has a text field is never idle there
 * (robolectric/robolectric#8460).
 */
const val DIALOGS = "en-rUS"

/** Night is in Seoul. */
class InSeoul : ExternalResource() {
    private val before = TimeZone.getDefault()

    override fun before() = TimeZone.setDefault(TimeZone.getTimeZone("Asia/Seoul"))

    override fun after() = TimeZone.setDefault(before)
}

/** Shows a screen and keeps what the person wanted. */
fun ComposeContentTestRule.show(screen: @Composable ((Intent) -> Unit) -> Unit): List<Intent> {
    val wanted = mutableListOf<Intent>()
    setContent { screen { wanted += it } }
    return wanted
}

/** What a person did, without what the screen says by itself. */
fun List<Intent>.deeds() = filter { it !is Intent.Seen }

/** Everything that can be tapped, as TalkBack finds it. */
fun ComposeContentTestRule.buttons(): List<SemanticsNode> =
    onAllNodes(hasClickAction() and isShown).fetchSemanticsNodes()

/** What TalkBack reads out. */
val SemanticsNode.spoken: String
    get() =
        (
            config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
                config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text } +
                listOfNotNull(
                    config.getOrNull(SemanticsActions.SetText)?.label,
                    config.getOrNull(SemanticsProperties.EditableText)?.text,
                )
        ).joinToString(" ")

private val isShown =
    SemanticsMatcher("is shown") { it.boundsInRoot.height > 0 && it.boundsInRoot.width > 0 }

/** Fails unless TalkBack reads out exactly this. */
fun SemanticsNodeInteraction.assertSays(text: String) = assertEquals(text, fetchSemanticsNode().spoken)

/** Whether something has this tag. */
fun ComposeContentTestRule.isThere(tag: String) = onAllNodesWithTag(tag).fetchSemanticsNodes().isNotEmpty()
