package dev.tocsin.pager.ui

import androidx.compose.material3.ColorScheme
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.luminance
import dev.tocsin.core.Severity
import org.junit.Assert.assertTrue
import org.junit.Test

/** WCAG 2.2, 1.4.3: text differs from what it is on by 4.5 to 1, and 7 to 1 where nobody is quite awake. */
class ColoursTest {
    @Test
    fun `every severity can be read`() {
        (Severity.entries + null).forEach { severity ->
            val tone = severity.colors()
            assertContrast("$severity", tone.text, tone.surface, 4.5f)
        }
    }

    @Test
    fun `severities differ from the page's black and from each other`() {
        val surfaces = Severity.entries.map { it.colors().surface }
        surfaces.forEach { assertContrast("$it on black", it, Color.Black, 3f) }
        assertTrue(surfaces.toSet().size == surfaces.size)
    }

    @Test
    fun `text on every surface can be read, by day and by night`() {
        mapOf("bright" to Bright, "dark" to Dark, "night" to Night).forEach { (name, scheme) ->
            scheme.texts().forEach { (text, surface) -> assertContrast(name, text, surface, 4.5f) }
        }
        assertContrast("the page", Night.onSurface, Night.surface, 7f)
        assertContrast("what explains on the page", Night.onSurfaceVariant, Night.surface, 7f)
    }

    @Test
    fun `the lights differ from every background`() {
        val themes = listOf(DarkSignals to Dark, DarkSignals to Night, BrightSignals to Bright)
        themes.forEach { (signals, scheme) ->
            listOf(signals.green, signals.amber, signals.red).forEach {
                assertContrast("light", it, scheme.background, 3f)
                assertContrast("light", it, scheme.surfaceContainer, 3f)
            }
        }
    }

    private fun ColorScheme.texts() =
        listOf(
            onSurface to surface,
            onSurface to surfaceContainer,
            onSurface to surfaceContainerHigh,
            onSurfaceVariant to surface,
            onSurfaceVariant to surfaceContainer,
            onSurfaceVariant to surfaceContainerHigh,
            primary to surface,
            primary to surfaceContainer,
            onPrimary to primary,
            onSecondaryContainer to secondaryContainer,
            tertiary to surfaceContainer,
            onTertiaryContainer to tertiaryContainer,
            error to surface,
            error to surfaceContainer,
            onErrorContainer to errorContainer,
        )

    private fun assertContrast(
        what: String,
        one: Color,
        other: Color,
        wanted: Float,
    ) {
        val (dark, bright) = listOf(one.luminance(), other.luminance()).sorted()
        val contrast = (bright + .05f) / (dark + .05f)
        assertTrue("$what: $contrast to 1", contrast >= wanted)
    }
}
