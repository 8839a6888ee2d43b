package dev.tocsin.pager.screens

import android.content.Context
import android.content.pm.PackageManager
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.push.PushState
import dev.tocsin.pager.push.PushWay
import dev.tocsin.pager.push.UnifiedPushWay
import dev.tocsin.pager.ui.ChoiceRow

/** The ways for pushes to reach this phone: how each stands, and what to do about one that does not work. */
@Composable
internal fun PushSection(renew: () -> Unit) {
    val pushes = TocsinApp.of(LocalContext.current).pushes
    val state by pushes.state.collectAsStateWithLifecycle()
    Column(verticalArrangement = Arrangement.spacedBy(12.dp)) {
        Text(
            stringResource(R.string.push),
            style = MaterialTheme.typography.titleMedium,
            modifier = Modifier.semantics { heading() },
        )
        pushes.ways.forEach { Way(it, state) }
        Distributors(renew)
        OutlinedButton(onClick = renew, modifier = Modifier.fillMaxWidth().heightIn(min = 56.dp)) {
            Text(stringResource(R.string.push_again))
        }
    }
}

@Composable
private fun Way(
    way: PushWay,
    state: PushState,
) = Column(Modifier.semantics(mergeDescendants = true) {}) {
    Text(stringResource(way.title), style = MaterialTheme.typography.bodyLarge)
    Text(stringResource(standing(way, state)), style = MaterialTheme.typography.bodyMedium)
    if (state.ways[way.transport]?.trouble != null) {
        Text(stringResource(way.troubleshoot), style = MaterialTheme.typography.bodyMedium)
    }
}

@StringRes
private fun standing(
    way: PushWay,
    state: PushState,
): Int {
    val now = state.ways[way.transport] ?: return R.string.push_not_set_up
    return now.trouble?.text
        ?: if (now.address != null) R.string.push_registered else R.string.push_registering
}

/** Which app delivers, where there is a choice. */
@Composable
private fun Distributors(renew: () -> Unit) {
    val context = LocalContext.current
    val apps = remember { UnifiedPushWay.distributors(context) }
    var chosen by remember { mutableStateOf(UnifiedPushWay.chosen(context)) }
    if (apps.size < 2) return
    Column(Modifier.selectableGroup()) {
        apps.forEach { app ->
            val choose = {
                UnifiedPushWay.choose(context, app)
                chosen = app
                renew()
            }
            ChoiceRow(app == chosen, choose) {
                Text(context.nameOf(app), style = MaterialTheme.typography.bodyLarge)
            }
        }
    }
}

/** What people call an app; Tocsin itself stands for Play services, with which it speaks. */
private fun Context.nameOf(app: String): String {
    if (app == packageName) return getString(R.string.push_play_services)
    return try {
        packageManager.getApplicationLabel(packageManager.getApplicationInfo(app, 0)).toString()
    } catch (_: PackageManager.NameNotFoundException) {
        app
    }
}
