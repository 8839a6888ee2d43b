package dev.tocsin.pager.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.selection.toggleable
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Switch
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import dev.tocsin.pager.R
import dev.tocsin.pager.settings.Settings

/** Whether a locked phone shows what a page is about. */
@Composable
internal fun HideContent(settings: Settings) =
    Row(
        verticalAlignment = Alignment.CenterVertically,
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        modifier =
            Modifier
                .fillMaxWidth()
                .toggleable(settings.hideContent, role = Role.Switch) { settings.hideContent = it }
                .heightIn(min = 56.dp),
    ) {
        Text(
            stringResource(R.string.hide_content),
            style = MaterialTheme.typography.bodyLarge,
            modifier = Modifier.weight(1f),
        )
        Switch(checked = settings.hideContent, onCheckedChange = null)
    }
