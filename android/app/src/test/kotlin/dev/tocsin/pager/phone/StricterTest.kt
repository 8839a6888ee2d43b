package dev.tocsin.pager.phone

import android.app.KeyguardManager
import android.media.AudioTrack
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.pager.R
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Shadows.shadowOf

/** What a team asks of phones, on the phone of somebody who chose less. */
@RunWith(AndroidJUnit4::class)
class StricterTest : PhoneTest() {
    @Test
    fun `a page is as loud as the team asks, also in a process that it has started`() {
        val server = TocsinServer.start("[teams.phones]\nsiren_floor = 1.0").forThisTest()
        app.settings.volumeFloor = 0.5f
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        assertEquals(FULL, alarmVolume)
        runBlocking { pager.settled() }
        app.onTerminate()
        loudspeaker.tracks.forEach(AudioTrack::release)
        alarmVolume = QUIET
        app.onCreate()
        Phone.ringOn(app)
        await("the next process is as loud") { alarmVolume == FULL }
        pager.checkInAll()
        awaitSilence()
    }

    @Test
    fun `a locked phone says what a page is about only where neither its owner nor the team minds`() {
        val server = TocsinServer.start("[teams.phones]\nhide_content = true").forThisTest()
        shadowOf(app.getSystemService(KeyguardManager::class.java)).setKeyguardLocked(true)
        enrol(server)
        assertFalse("it is the team that minds", app.settings.hideContent)
        server.alarm("the database")
        awaitSiren()
        val notice = awaitSome("it can be answered") { pageNotice?.takeIf { it.actions?.size == 2 } }
        assertEquals(app.getString(R.string.notify_paged), notice.extras.getString("android.title"))
        assertFalse("the database" in notice.extras.toString())
    }

    @Test
    fun `where the team asks nothing the owner's own choice holds`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        app.settings.volumeFloor = 0.5f
        assertEquals(0.5f, app.sirenFloor())
        assertFalse(app.hidesContent())
        app.settings.hideContent = true
        assertTrue(app.hidesContent())
    }

    private companion object {
        /** The alarm stream's loudest. */
        const val FULL = 7
    }
}
