package dev.tocsin.pager.screens

import androidx.compose.foundation.layout.Column
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.tocsin.pager.R
import dev.tocsin.pager.settings.Settings
import dev.tocsin.pager.ui.ToggleRow

/** Whether a locked phone shows what a page is about, and whether a team has [asked] that it does not. */
@Composable
internal fun HideContent(
    settings: Settings,
    asked: Boolean,
) = Column {
    ToggleRow(stringResource(R.string.hide_content), settings.hideContent) { settings.hideContent = it }
    if (asked) Text(stringResource(R.string.hide_content_asked), style = MaterialTheme.typography.bodyMedium)
}
