package dev.tocsin.pager.phone

import android.content.Context
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.PortException
import dev.tocsin.pager.support.PhoneTest
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import java.io.File
import java.util.Base64

/** What proves whose phone this is, kept so that nobody else reads it. */
@RunWith(AndroidJUnit4::class)
class AndroidSafeTest : PhoneTest() {
    private val folder: File get() = app.createDeviceProtectedStorageContext().dataDir
    private val preferences get() = folder.resolve("shared_prefs")

    @Test
    fun `a token is found again by the next process, and stands nowhere as it is`() {
        AndroidSafe(app).keep("token", SECRET)
        app.dieAndComeBack()
        assertArrayEquals(SECRET, AndroidSafe(app).find("token"))
        val written = preferences.resolve("safe.xml").readText()
        assertTrue(written, "token" in written)
        val plain = listOf(String(SECRET), Base64.getEncoder().encodeToString(SECRET))
        plain.forEach { assertFalse(written, it.trimEnd('=') in written) }
    }

    @Test
    fun `what is forgotten is gone`() {
        val safe = AndroidSafe(app)
        safe.keep("token", SECRET)
        safe.forget("token")
        assertNull(AndroidSafe(app).find("token"))
    }

    @Test
    fun `a secret that does not come to disk is not said to be kept`() {
        preferences.deleteRecursively()
        preferences.writeText("no folder: nothing can be written into it")
        val safe = AndroidSafe(app)
        assertThrows(PortException.Failed::class.java) { safe.keep("token", SECRET) }
        assertThrows(PortException.Failed::class.java) { safe.forget("token") }
    }

    @Test
    fun `a secret that was damaged is a failure that says what to do, and no crash`() {
        val file =
            app
                .createDeviceProtectedStorageContext()
                .getSharedPreferences("safe", Context.MODE_PRIVATE)
        val safe = AndroidSafe(app)
        for (damaged in listOf("", "AAAA", "not base64!", "A".repeat(64))) {
            file.edit().putString("token", damaged).commit()
            val failure = assertThrows(PortException.Failed::class.java) { safe.find("token") }
            assertTrue(failure.text, "enrol it again" in failure.text)
        }
    }

    private companion object {
        val SECRET = "tocsin_device_1_secret".toByteArray()
    }
}
