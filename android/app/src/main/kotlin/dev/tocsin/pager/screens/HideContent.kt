package dev.tocsin.pager.screens

import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.tocsin.pager.R
import dev.tocsin.pager.settings.Settings
import dev.tocsin.pager.ui.ToggleRow

/** Whether a locked phone shows what a page is about. */
@Composable
internal fun HideContent(settings: Settings) =
    ToggleRow(stringResource(R.string.hide_content), settings.hideContent) { settings.hideContent = it }
