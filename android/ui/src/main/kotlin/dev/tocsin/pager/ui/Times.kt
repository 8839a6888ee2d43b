package dev.tocsin.pager.ui

import android.icu.text.MeasureFormat
import android.icu.text.MeasureFormat.FormatWidth
import android.icu.util.Measure
import android.icu.util.MeasureUnit
import android.text.format.DateFormat
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.platform.LocalContext
import dev.tocsin.core.Millis
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.util.Locale
import kotlin.math.abs

private const val SECOND = 1_000L
private const val MINUTE = 60 * SECOND
private const val HOUR = 60 * MINUTE

/** Writes instants and lengths as this person reads them. Instants are UTC milliseconds. */
internal class Times(
    private val locale: Locale,
    private val zone: ZoneId,
    private val hours24: Boolean,
) {
    private val clock = format(if (hours24) "Hm" else "hma")
    private val day = format("EEEMMMd")
    private val dayAndClock = format(if (hours24) "EEEMMMdHm" else "EEEMMMdhma")

    /** The time of day, with the day unless it is [now]'s. */
    fun at(
        instant: Millis,
        now: Millis,
    ): String = (if (date(instant) == date(now)) clock else dayAndClock).format(local(instant))

    /** From when to when, naming the second day only when it is another one. */
    fun span(
        from: Millis,
        until: Millis,
    ): String {
        val end = if (date(from) == date(until)) clock else dayAndClock
        return "${dayAndClock.format(local(from))} – ${end.format(local(until))}"
    }

    /** The day alone. */
    fun day(instant: Millis): String = day.format(local(instant))

    /** A stretch of time as a running clock shows it: `4:32`, `1:04:32`. Its sign is left out. */
    fun running(millis: Long): String {
        val length = abs(millis)
        val seconds = length / SECOND % 60
        val minutes = length / MINUTE % 60
        val hours = length / HOUR
        return if (hours > 0) {
            String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, seconds)
        } else {
            String.format(Locale.ROOT, "%d:%02d", minutes, seconds)
        }
    }

    /** A stretch of time in words, to the second below a minute and to the minute above. */
    fun length(
        millis: Long,
        width: FormatWidth = FormatWidth.WIDE,
    ): String {
        val length = abs(millis)
        val hours = length / HOUR
        val minutes = length / MINUTE % 60
        val parts =
            listOf(
                Measure(hours, MeasureUnit.HOUR),
                Measure(minutes, MeasureUnit.MINUTE),
            ).filter { it.number.toLong() > 0 }
                .ifEmpty { listOf(Measure(length / SECOND, MeasureUnit.SECOND)) }
        return MeasureFormat.getInstance(locale, width).formatMeasures(*parts.toTypedArray())
    }

    private fun format(skeleton: String) =
        DateTimeFormatter.ofPattern(DateFormat.getBestDateTimePattern(locale, skeleton), locale)

    private fun local(instant: Millis) = Instant.ofEpochMilli(instant).atZone(zone)

    private fun date(instant: Millis): LocalDate = local(instant).toLocalDate()
}

/** The person's: the app's language, the phone's zone, and the system's choice of 12 or 24 hours. */
@Composable
internal fun rememberTimes(): Times {
    val locale = LocalConfiguration.current.locales[0]
    val zone = ZoneId.systemDefault()
    val hours24 = DateFormat.is24HourFormat(LocalContext.current)
    return remember(locale, zone, hours24) { Times(locale, zone, hours24) }
}
