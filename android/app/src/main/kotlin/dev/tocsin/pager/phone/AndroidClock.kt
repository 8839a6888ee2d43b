package dev.tocsin.pager.phone

import android.content.Context
import android.text.format.DateFormat
import dev.tocsin.core.ClockPort
import dev.tocsin.core.Millis
import java.util.Date

/** The phone's clock, written as its owner reads it: in their zone, with 12 or 24 hours as they chose. */
class AndroidClock(
    private val context: Context,
) : ClockPort {
    override fun now(): Millis = System.currentTimeMillis()

    override fun timeOfDay(at: Millis): String = DateFormat.getTimeFormat(context).format(Date(at))
}
