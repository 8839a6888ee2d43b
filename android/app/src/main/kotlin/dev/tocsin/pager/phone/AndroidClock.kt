package dev.tocsin.pager.phone

import android.text.format.DateFormat
import dev.tocsin.core.ClockPort
import dev.tocsin.core.Millis
import dev.tocsin.pager.TocsinApp
import java.util.Date

/** The phone's clock, written as its owner reads it: in their zone, with 12 or 24 hours as they chose. */
class AndroidClock(
    private val app: TocsinApp,
) : ClockPort {
    override fun now(): Millis = app.clock.millis()

    override fun timeOfDay(at: Millis): String = DateFormat.getTimeFormat(app).format(Date(at))
}
