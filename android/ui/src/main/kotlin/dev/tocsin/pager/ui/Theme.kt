package dev.tocsin.pager.ui

import androidx.compose.material3.ColorScheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.Immutable
import androidx.compose.runtime.ReadOnlyComposable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.LineBreak
import dev.tocsin.core.Light
import dev.tocsin.core.Severity

/** A surface's colour and the colour of text on it; at least 4.5 to 1 apart, as WCAG AA asks. */
@Immutable
data class Tone(
    val surface: Color,
    val text: Color,
)

/** What the traffic light of readiness looks like on the theme's background. */
@Immutable
data class Signals(
    val green: Color,
    val amber: Color,
    val red: Color,
)

internal val Dark: ColorScheme =
    darkColorScheme(
        primary = Color(0xFF9CCBFF),
        onPrimary = Color(0xFF00315A),
        primaryContainer = Color(0xFF1A4975),
        onPrimaryContainer = Color(0xFFD3E4FF),
        secondary = Color(0xFFBBC7DB),
        onSecondary = Color(0xFF253140),
        secondaryContainer = Color(0xFF2F3C4D),
        onSecondaryContainer = Color(0xFFD7E3F8),
        tertiary = Color(0xFFFFC46B),
        onTertiary = Color(0xFF432C00),
        tertiaryContainer = Color(0xFF4A3610),
        onTertiaryContainer = Color(0xFFFFDFAE),
        error = Color(0xFFFFB4AB),
        onError = Color(0xFF690005),
        errorContainer = Color(0xFF7A1512),
        onErrorContainer = Color(0xFFFFDAD6),
        background = Color(0xFF0F1318),
        onBackground = Color(0xFFE4E8EE),
        surface = Color(0xFF0F1318),
        onSurface = Color(0xFFE4E8EE),
        surfaceVariant = Color(0xFF2A3038),
        onSurfaceVariant = Color(0xFFC3C9D2),
        surfaceContainerLowest = Color(0xFF0A0D11),
        surfaceContainerLow = Color(0xFF161B21),
        surfaceContainer = Color(0xFF1A2027),
        surfaceContainerHigh = Color(0xFF232A32),
        surfaceContainerHighest = Color(0xFF2D353E),
        outline = Color(0xFF8B939E),
        outlineVariant = Color(0xFF3D454F),
    )

internal val Bright: ColorScheme =
    lightColorScheme(
        primary = Color(0xFF0B5694),
        onPrimary = Color.White,
        primaryContainer = Color(0xFFD3E4FF),
        onPrimaryContainer = Color(0xFF001C38),
        secondary = Color(0xFF4A5768),
        onSecondary = Color.White,
        secondaryContainer = Color(0xFFDCE4F0),
        onSecondaryContainer = Color(0xFF17202C),
        tertiary = Color(0xFF7A5200),
        onTertiary = Color.White,
        tertiaryContainer = Color(0xFFFFE3B5),
        onTertiaryContainer = Color(0xFF2A1A00),
        error = Color(0xFFB3201A),
        onError = Color.White,
        errorContainer = Color(0xFFFFDAD6),
        onErrorContainer = Color(0xFF410002),
        background = Color(0xFFF7F9FC),
        onBackground = Color(0xFF181C20),
        surface = Color(0xFFF7F9FC),
        onSurface = Color(0xFF181C20),
        surfaceVariant = Color(0xFFDFE3EA),
        onSurfaceVariant = Color(0xFF424852),
        surfaceContainerLowest = Color.White,
        surfaceContainerLow = Color(0xFFF0F3F7),
        surfaceContainer = Color(0xFFEAEEF3),
        surfaceContainerHigh = Color(0xFFE4E8EE),
        surfaceContainerHighest = Color(0xFFDEE3E9),
        outline = Color(0xFF6D7580),
        outlineVariant = Color(0xFFC4CAD2),
    )

/** The page screen's: black, so that nothing but the page is lit in a dark bedroom. */
internal val Night: ColorScheme =
    Dark.copy(
        background = Color.Black,
        surface = Color.Black,
        onBackground = Color.White,
        onSurface = Color.White,
        onSurfaceVariant = Color(0xFFD5DAE1),
        surfaceContainer = Color(0xFF171B20),
        surfaceContainerHigh = Color(0xFF20262D),
    )

internal val DarkSignals =
    Signals(green = Color(0xFF5FD98B), amber = Color(0xFFFFC857), red = Color(0xFFFF7B72))

internal val BrightSignals =
    Signals(green = Color(0xFF0D6B38), amber = Color(0xFF855800), red = Color(0xFFB3201A))

private val LocalSignals = staticCompositionLocalOf { DarkSignals }

/** The colours of a severity; alike in every theme, so that they are learnt once. */
internal fun Severity?.colors(): Tone =
    when (this) {
        Severity.SEV1 -> Tone(Color(0xFFC8161D), Color.White)
        Severity.SEV2 -> Tone(Color(0xFFFF9A3D), Color(0xFF1F0F00))
        Severity.SEV3 -> Tone(Color(0xFFFFD95A), Color(0xFF201900))
        Severity.SEV4 -> Tone(Color(0xFF86D3C8), Color(0xFF00201C))
        Severity.SEV5, null -> Tone(Color(0xFFB7C0CA), Color(0xFF14191F))
    }

/** The colours of what answers a page: what people know from taking a call. */
internal val AnswerTone = Tone(Color(0xFF5FD98B), Color(0xFF00210C))

/** The colour of a light on the theme's background. */
internal val Light.color: Color
    @Composable @ReadOnlyComposable
    get() =
        when (this) {
            Light.GREEN -> LocalSignals.current.green
            Light.AMBER -> LocalSignals.current.amber
            Light.RED -> LocalSignals.current.red
        }

/** Material's, with lines broken for reading: Korean between words, titles balanced. */
private val Type =
    Typography().run {
        fun TextStyle.heading() = copy(lineBreak = LineBreak.Heading, fontWeight = FontWeight.SemiBold)

        fun TextStyle.text() =
            copy(lineBreak = LineBreak.Heading.copy(strategy = LineBreak.Strategy.HighQuality))
        copy(
            displaySmall = displaySmall.heading(),
            headlineLarge = headlineLarge.heading(),
            headlineMedium = headlineMedium.heading(),
            headlineSmall = headlineSmall.heading(),
            titleLarge = titleLarge.heading(),
            titleMedium = titleMedium.heading(),
            titleSmall = titleSmall.heading(),
            bodyLarge = bodyLarge.text(),
            bodyMedium = bodyMedium.text(),
            bodySmall = bodySmall.text(),
            labelLarge = labelLarge.text(),
        )
    }

/** Tocsin's looks, for every screen but the page's, which is always dark. */
@Composable
fun TocsinTheme(
    dark: Boolean,
    content: @Composable () -> Unit,
) = Themed(if (dark) Dark else Bright, if (dark) DarkSignals else BrightSignals, content)

/** The page screen's looks: dark by day as well, with the highest contrast. */
@Composable
internal fun NightTheme(content: @Composable () -> Unit) = Themed(Night, DarkSignals, content)

@Composable
private fun Themed(
    colors: ColorScheme,
    signals: Signals,
    content: @Composable () -> Unit,
) = CompositionLocalProvider(LocalSignals provides signals) {
    MaterialTheme(colorScheme = colors, typography = Type, content = content)
}
