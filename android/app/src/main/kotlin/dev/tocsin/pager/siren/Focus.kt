package dev.tocsin.pager.siren

import android.content.Context
import android.media.AudioFocusRequest
import android.media.AudioManager

/**
 * Asks other apps to be quiet while the siren sounds. It is a request to them and no condition for the
 * siren: whether it is granted or lost later, the siren goes on.
 */
class Focus(
    context: Context,
) {
    private val audio = context.getSystemService(AudioManager::class.java)
    private val request =
        AudioFocusRequest
            .Builder(AudioManager.AUDIOFOCUS_GAIN_TRANSIENT_EXCLUSIVE)
            .setAudioAttributes(ALARM)
            .build()

    /** Asks; asking again changes nothing. */
    fun ask() = audio.requestAudioFocus(request)

    /** The others may go on. */
    fun give() = audio.abandonAudioFocusRequest(request)
}
