package dev.tocsin.pager.ui

import android.icu.text.MeasureFormat.FormatWidth
import androidx.test.ext.junit.runners.AndroidJUnit4
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import java.time.ZoneId
import java.util.Locale

@RunWith(AndroidJUnit4::class)
class TimesTest {
    private val now = Samples().now
    private val seoul = ZoneId.of("Asia/Seoul")
    private val english = Times(Locale.US, seoul, hours24 = true)
    private val korean = Times(Locale.KOREA, seoul, hours24 = false)

    @Test
    fun `an instant of today is a time, any other has its day`() {
        assertEquals("02:13", english.at(now, now))
        assertEquals("오전 2:13", korean.at(now, now))
        assertEquals("Tue, Nov 24, 02:13", english.at(now, now + 24 * 3_600_000).replace(" at", ","))
        assertEquals("11월 24일 (화) 오전 2:13", korean.at(now, now + 24 * 3_600_000))
    }

    @Test
    fun `the day is the person's, not the server's`() {
        val utc = Times(Locale.US, ZoneId.of("UTC"), hours24 = true)
        assertEquals("17:13", utc.at(now, now))
    }

    @Test
    fun `a running limit shows hours only when there are any`() {
        assertEquals("4:32", english.running(272_000))
        assertEquals("0:00", english.running(400))
        assertEquals("1:04:32", english.running(3_872_000))
        assertEquals("0:09", english.running(-9_000))
    }

    @Test
    fun `a length is said in words of the language`() {
        assertEquals("4 minutes", english.length(272_000))
        assertEquals("1 hour, 4 minutes", english.length(3_872_000))
        assertEquals("32 seconds", english.length(-32_000))
        assertEquals("30 min", english.length(1_800_000, FormatWidth.SHORT))
        assertEquals("1시간 4분", korean.length(3_872_000))
    }
}
