package dev.tocsin.pager.glance

import android.app.PendingIntent
import android.appwidget.AppWidgetManager
import android.appwidget.AppWidgetProvider
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.view.View
import android.widget.RemoteViews
import dev.tocsin.pager.MainActivity
import dev.tocsin.pager.R

/** The home-screen widget: light, word and reason; a tap opens what to mend. */
class PageableWidget : AppWidgetProvider() {
    override fun onUpdate(
        context: Context,
        manager: AppWidgetManager,
        ids: IntArray,
    ) {
        Glance.now(context)?.let { manager.updateAppWidget(ids, views(context, it)) }
    }

    companion object {
        /** Shows this on every widget that somebody put up. */
        fun show(
            context: Context,
            glance: Glance,
        ) {
            val manager = AppWidgetManager.getInstance(context) ?: return
            val widget = ComponentName(context, PageableWidget::class.java)
            manager.updateAppWidget(manager.getAppWidgetIds(widget), views(context, glance))
        }

        private fun views(
            context: Context,
            glance: Glance,
        ) = RemoteViews(context.packageName, R.layout.widget_pageable).apply {
            setImageViewResource(R.id.widget_light, glance.picture)
            setTextViewText(R.id.widget_word, context.getString(glance.word))
            setTextViewText(R.id.widget_reason, glance.reason)
            setViewVisibility(R.id.widget_reason, if (glance.reason == null) View.GONE else View.VISIBLE)
            setOnClickPendingIntent(R.id.widget, open(context))
        }

        private fun open(context: Context) =
            PendingIntent.getActivity(
                context,
                0,
                Intent(context, MainActivity::class.java),
                PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
            )
    }
}
