package dev.tocsin.pager.glance

import android.appwidget.AppWidgetManager
import android.service.quicksettings.Tile
import android.view.View
import android.widget.TextView
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Light
import dev.tocsin.pager.R
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** "Am I pageable?" is answered without opening the app, and so that everybody can read it. */
@RunWith(AndroidJUnit4::class)
class GlanceTest : PhoneTest() {
    @Test
    fun `the widget of a phone that is nobody's is red and says what to do`() {
        val widget = putUp()
        assertEquals(app.getString(R.string.glance_red), widget.text(R.id.widget_word))
        assertEquals(app.getString(R.string.glance_not_enrolled), widget.text(R.id.widget_reason))
    }

    @Test
    fun `the widget follows the core's light and gives its first reason`() {
        enrol(TocsinServer.start().forThisTest())
        val id = put()
        await("the widget says what the core says") {
            val shown = home ?: return@await false
            val expected = Glance.of(app, shown)
            val widget = shadowOf(AppWidgetManager.getInstance(app)).getViewFor(id)
            widget.text(R.id.widget_word) == app.getString(expected.word) &&
                widget.text(R.id.widget_reason) == expected.reason.orEmpty()
        }
        assertNotEquals("no drill was passed yet", Light.GREEN, home?.readiness?.light)
    }

    @Test
    fun `each light has a word and a picture of its own`() {
        val glances = Light.entries.map { Glance(it, null) }
        assertEquals(Light.entries.size, glances.map { it.word }.toSet().size)
        assertEquals(Light.entries.size, glances.map { it.picture }.toSet().size)
        val green = Glance(Light.GREEN, null)
        PageableWidget.show(app, green)
    }

    @Test
    fun `the widget of a pageable phone is green and has nothing to explain`() {
        val id = put()
        PageableWidget.show(app, Glance(Light.GREEN, null))
        val widget = shadowOf(AppWidgetManager.getInstance(app)).getViewFor(id)
        assertEquals(app.getString(R.string.glance_green), widget.text(R.id.widget_word))
        assertEquals(View.GONE, widget.findViewById<View>(R.id.widget_reason).visibility)
    }

    @Test
    fun `the tile is dark while a page would not wake anybody, and says why`() {
        val tile = tile()
        assertEquals(Tile.STATE_INACTIVE, tile.state)
        assertEquals(app.getString(R.string.glance_red), tile.label)
        assertEquals(app.getString(R.string.glance_not_enrolled), tile.subtitle)
        assertTrue(tile.contentDescription.contains(app.getString(R.string.glance_red)))
    }

    @Test
    @Config(qualifiers = "ko")
    fun `the tile speaks Korean where the phone does`() {
        assertEquals("호출 불가", tile().label)
    }

    private fun tile(): Tile {
        val service = Robolectric.setupService(PageableTile::class.java)
        service.onStartListening()
        return service.qsTile
    }

    private fun put(): Int =
        shadowOf(
            AppWidgetManager.getInstance(app),
        ).createWidget(PageableWidget::class.java, R.layout.widget_pageable)

    private fun putUp(): View = shadowOf(AppWidgetManager.getInstance(app)).getViewFor(put())

    private fun View.text(id: Int) = findViewById<TextView>(id).text.toString()
}
