package dev.tocsin.pager.ui

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Badge
import androidx.compose.material3.BadgedBox
import androidx.compose.material3.Icon
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.dp
import dev.tocsin.core.ConnectionState
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.Light
import dev.tocsin.core.PageStatus

/** Names of tabs are beside each other: beyond this they would not fit, and the icons say the same. */
private const val LARGEST_TAB_TYPE = 1.3f

/** What the main screen shows. */
enum class Tab(
    @get:StringRes internal val label: Int,
    @get:DrawableRes internal val icon: Int,
) {
    PAGES(R.string.tab_pages, R.drawable.ui_bell),
    TICKETS(R.string.tab_tickets, R.drawable.ui_list),
    ON_CALL(R.string.tab_on_call, R.drawable.ui_people),
    READINESS(R.string.tab_readiness, R.drawable.ui_shield),
    SETTINGS(R.string.tab_settings, R.drawable.ui_settings),
}

/** The main screen: tabs, and above them what is wrong with the connection. [now] is the device's clock. */
@Composable
fun MainScaffold(
    tab: Tab,
    home: HomeScreen,
    now: Long,
    onIntent: (Intent) -> Unit,
    content: @Composable () -> Unit,
) = Scaffold(bottomBar = { Tabs(tab, home, onIntent) }) { inside ->
    Column(Modifier.padding(inside)) {
        Column(
            verticalArrangement = Arrangement.spacedBy(8.dp),
            modifier = Modifier.padding(start = 16.dp, end = 16.dp, top = 8.dp),
        ) { ConnectionBanners(home, now) }
        Box(Modifier.fillMaxSize()) { content() }
    }
}

@Composable
private fun ConnectionBanners(
    home: HomeScreen,
    now: Long,
) {
    val times = rememberTimes()
    (home.connection as? ConnectionState.Offline)?.let { offline ->
        val text =
            stringResource(R.string.offline, times.at(offline.since, now), times.at(offline.retryAt, now))
        Banner(text, R.drawable.ui_offline, Weightiness.WRONG, Modifier.testTag(Tags.OFFLINE))
    }
    if (home.waiting.isNotEmpty()) {
        val count = home.waiting.size
        val text = pluralStringResource(R.plurals.taps_wait, count, count)
        Banner(text, R.drawable.ui_clock, Weightiness.WARNED, Modifier.testTag(Tags.NOT_SENT))
    }
}

@Composable
private fun Tabs(
    shown: Tab,
    home: HomeScreen,
    onIntent: (Intent) -> Unit,
) {
    val density = LocalDensity.current
    val capped = Density(density.density, density.fontScale.coerceAtMost(LARGEST_TAB_TYPE))
    CompositionLocalProvider(LocalDensity provides capped) {
        NavigationBar {
            Tab.entries.forEach { tab ->
                NavigationBarItem(
                    selected = tab == shown,
                    onClick = { onIntent(Intent.Show(tab)) },
                    icon = {
                        BadgedBox(
                            badge = { TabBadge(tab, home) },
                        ) { Icon(painterResource(tab.icon), null) }
                    },
                    label = { Text(stringResource(tab.label), maxLines = 1) },
                    modifier = Modifier.testTag(Tags.tab(tab)),
                )
            }
        }
    }
}

@Composable
private fun TabBadge(
    tab: Tab,
    home: HomeScreen,
) {
    val ringing = home.pages.count { it.status == PageStatus.RINGING }
    when {
        tab == Tab.PAGES && ringing > 0 -> {
            val said = pluralStringResource(R.plurals.pages_ring, ringing, ringing)
            Badge(Modifier.semantics { contentDescription = said }) { Text("$ringing") }
        }

        tab == Tab.READINESS && home.readiness.light != Light.GREEN -> {
            Dot(home.readiness.light)
        }
    }
}
