package dev.tocsin.pager.apk

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.util.zip.ZipEntry
import java.util.zip.ZipFile

/** Would a phone install this package? */
class PackageTest {
    private val badging by lazy { run(built.resolve("tools/aapt2").path, "dump", "badging", apk.path) }

    @Test
    fun `the package says what it is and which phones it is for`() {
        assertTrue(badging, "package: name='dev.tocsin.pager' " in badging)
        assertTrue(badging, Regex("(minS|s)dkVersion:'26'") in badging)
        assertTrue(badging, "targetSdkVersion:'36'" in badging)
        assertTrue(badging, "launchable-activity: name='dev.tocsin.pager.MainActivity'" in badging)
    }

    @Test
    fun `it speaks English and Korean`() {
        val locales = badging.lineSequence().single { it.startsWith("locales:") }
        assertTrue(locales, "'ko'" in locales)
        assertTrue(badging, "application-label-ko:" in badging)
    }

    @Test
    fun `it is signed so that every supported phone accepts it`() {
        val said = run("apksigner", "verify", "--verbose", "--min-sdk-version", "26", apk.path)
        assertTrue(said, "Verified using v2 scheme (APK Signature Scheme v2): true" in said)
    }

    @Test
    fun `it is aligned so that libraries and resources are used where they lie`() {
        run("zipalign", "-c", "-p", "4", apk.path)
        ZipFile(apk).use { zip ->
            val libraries = zip.stream().filter { it.name.endsWith(".so") }.toList()
            val processors = libraries.map { it.name.split('/')[1] }.toSet()
            assertEquals(setOf("arm64-v8a", "armeabi-v7a", "x86_64"), processors)
            assertTrue(libraries.all { it.method == ZipEntry.STORED })
        }
    }
}
