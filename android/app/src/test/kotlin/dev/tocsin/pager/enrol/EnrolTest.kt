package dev.tocsin.pager.enrol

import android.content.Intent
import android.graphics.PointF
import android.net.Uri
import android.util.Size
import android.view.Surface
import androidx.lifecycle.ViewModelProvider
import androidx.test.ext.junit.runners.AndroidJUnit4
import com.google.zxing.BarcodeFormat
import com.google.zxing.qrcode.QRCodeWriter
import dev.tocsin.pager.MainActivity
import dev.tocsin.pager.R
import dev.tocsin.pager.screens.MainModel
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.ui.EnrolState
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowToast
import dev.tocsin.pager.ui.Intent as Wish

/** A phone becomes somebody's pager, and nothing else does it by accident. */
@RunWith(AndroidJUnit4::class)
class EnrolTest : PhoneTest() {
    private val opened = mutableListOf<ActivityController<MainActivity>>()

    /** Before the pager ends, which an open app would open again. */
    @After
    fun leave() = opened.forEach { it.close() }

    @Test
    fun `a scanned link makes this phone Ana's pager`() {
        val server = TocsinServer.start().forThisTest()
        open(link(server.url, server.code("ana")))
        await("the phone is Ana's") { home?.me?.name == "Ana Silva" }
        assertEquals(server.url, pager.me()?.server?.removeSuffix("/"))
    }

    @Test
    fun `a link does not take a phone from whoever has it`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        await("the phone is Ana's") { home != null }
        open(link(server.url, server.code("bea")))
        assertEquals(app.getString(R.string.enrol_already), ShadowToast.getTextOfLatestToast())
        assertEquals("Ana Silva", pager.me()?.person?.name)
    }

    @Test
    fun `an unencrypted address is asked about by name, and left alone unless it is meant`() {
        val model = open(link("http://192.0.2.7:8080", "7KQ2M-9XWTA"))
        assertEquals(EnrolState.ConfirmingPlainHttp("http://192.0.2.7:8080"), model.enrolling.state.value)
        model.perform(Wish.Back)
        assertEquals(EnrolState.Idle, model.enrolling.state.value)
        model.perform(Wish.AllowPlainHttp)
        assertEquals("what was left alone stays so", EnrolState.Idle, model.enrolling.state.value)
        assertNull(pager.me())
    }

    @Test
    @Config(qualifiers = "ko")
    fun `a code that was used already is refused, and Korean says what to do`() {
        val server = TocsinServer.start().forThisTest()
        val model = open(null)
        model.perform(Wish.Enroll(server.url, "7KQ2M-9XWTA"))
        await("the server refused") { model.enrolling.state.value is EnrolState.Failed }
        val said = (model.enrolling.state.value as EnrolState.Failed).text
        assertTrue(said, said.contains("관리자에게 새 코드를 요청하세요"))
    }

    @Test
    fun `any other code on the wall is no enrolment`() {
        val model = open(null)
        model.enrolling.link("WIFI:S:guest;;")
        assertEquals(
            EnrolState.Failed(app.getString(R.string.enrol_not_read)),
            model.enrolling.state.value,
        )
    }

    @Test
    fun `a code is read from a camera's picture, dark on light and light on dark`() {
        val link = "tocsin://enroll?server=https%3A%2F%2Fpager.example.org&code=7KQ2M-9XWTA"
        for (inverted in listOf(false, true)) {
            assertEquals(link, QrReader().read(picture(link, inverted), STRIDE, SIDE, SIDE))
        }
        assertNull(QrReader().read(ByteArray(STRIDE * SIDE), STRIDE, SIDE, SIDE))
    }

    @Test
    fun `the camera's picture fills its place upright, however the phone is held`() {
        for (rotation in listOf(Surface.ROTATION_0, Surface.ROTATION_90, Surface.ROTATION_270)) {
            val corners = floatArrayOf(0f, 0f, 300f, 300f)
            filling(Size(300, 300), Size(1280, 720), rotation).mapPoints(corners)
            val size =
                PointF(
                    kotlin.math.abs(corners[2] - corners[0]),
                    kotlin.math.abs(corners[3] - corners[1]),
                )
            assertTrue("$rotation: $size", size.x >= 299f && size.y >= 299f)
            assertEquals(16f / 9, maxOf(size.x, size.y) / minOf(size.x, size.y), 0.01f)
        }
    }

    private fun open(link: Uri?): MainModel {
        val intent = Intent(app, MainActivity::class.java)
        link?.let { intent.setAction(Intent.ACTION_VIEW).setData(it) }
        val activity =
            Robolectric
                .buildActivity(
                    MainActivity::class.java,
                    intent,
                ).also(opened::add)
                .setup()
                .get()
        return ViewModelProvider(activity)[MainModel::class.java]
    }

    private fun link(
        server: String,
        code: String,
    ): Uri =
        Uri
            .Builder()
            .scheme("tocsin")
            .authority("enroll")
            .appendQueryParameter("server", server)
            .appendQueryParameter("code", code)
            .build()

    /** What a camera gives: rows of brightness with some bytes between them. */
    private fun picture(
        text: String,
        inverted: Boolean,
    ): ByteArray {
        val code = QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, SIDE, SIDE)
        return ByteArray(STRIDE * SIDE) { at ->
            val x = at % STRIDE
            val dark = x < SIDE && code[x, at / STRIDE]
            if (dark != inverted) 20 else 230.toByte()
        }
    }

    private companion object {
        const val SIDE = 240
        const val STRIDE = 256
    }
}
