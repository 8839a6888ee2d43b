package dev.tocsin.pager.push

import android.content.Context
import android.content.SharedPreferences
import androidx.core.content.edit
import dev.tocsin.core.Transport

/**
 * What was last heard of each way, kept across processes. Like all that Tocsin keeps it opens before the
 * first unlock and is left out of backups.
 */
class PushBook(
    context: Context,
) {
    private val file: SharedPreferences =
        context.createDeviceProtectedStorageContext().getSharedPreferences("push", Context.MODE_PRIVATE)

    /** What stands in it. A trouble that only another version knows reads as none. */
    fun read(): PushState =
        PushState(Transport.entries.associateWith(::way).filterValues { it != WayState() })

    private fun way(transport: Transport) =
        WayState(
            address = file.getString(address(transport), null),
            trouble =
                file.getString(trouble(transport), null)?.let { name ->
                    PushTrouble.entries.find { it.name == name }
                },
        )

    /** Puts this in place of what stood there. */
    fun write(state: PushState) =
        file.edit {
            clear()
            for ((transport, way) in state.ways) {
                putString(address(transport), way.address)
                putString(trouble(transport), way.trouble?.name)
            }
        }

    private fun address(transport: Transport) = "${transport.name}.address"

    private fun trouble(transport: Transport) = "${transport.name}.trouble"
}
