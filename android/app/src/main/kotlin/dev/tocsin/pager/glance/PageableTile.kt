package dev.tocsin.pager.glance

import android.app.PendingIntent
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.graphics.drawable.Icon
import android.os.Build
import android.service.quicksettings.Tile
import android.service.quicksettings.TileService
import androidx.annotation.RequiresApi
import dev.tocsin.core.Light
import dev.tocsin.pager.MainActivity

/** The quick-settings tile: lit when this phone would wake its owner; a tap opens what to mend. */
class PageableTile : TileService() {
    override fun onStartListening() {
        super.onStartListening()
        Glance.now(this)?.let(::show)
    }

    override fun onClick() {
        super.onClick()
        unlockAndRun(::open)
    }

    private fun show(glance: Glance) {
        val tile = qsTile ?: return
        tile.state = if (glance.light == Light.RED) Tile.STATE_INACTIVE else Tile.STATE_ACTIVE
        tile.icon = Icon.createWithResource(this, glance.picture)
        tile.label = getString(glance.word)
        tile.contentDescription = listOfNotNull(getString(glance.word), glance.reason).joinToString(". ")
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) explain(tile, glance.reason)
        tile.updateTile()
    }

    @RequiresApi(Build.VERSION_CODES.Q)
    private fun explain(
        tile: Tile,
        reason: String?,
    ) {
        tile.subtitle = reason
    }

    private fun open() {
        val main = Intent(this, MainActivity::class.java).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
            collapseTo(main)
        } else {
            @Suppress("DEPRECATION")
            startActivityAndCollapse(main)
        }
    }

    @RequiresApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
    private fun collapseTo(main: Intent) =
        startActivityAndCollapse(PendingIntent.getActivity(this, 0, main, PendingIntent.FLAG_IMMUTABLE))

    companion object {
        /** Has the system ask for it anew; it asks only while somebody looks. */
        fun refresh(context: Context) =
            requestListeningState(context, ComponentName(context, PageableTile::class.java))
    }
}
