package dev.tocsin.pager.support

import android.bluetooth.BluetoothDevice
import org.robolectric.annotation.Implements

/**
 * In place of Robolectric's shadow of it, which names a class that only newer frameworks than the one that
 * runs have: no sound output could be opened.
 */
@Implements(BluetoothDevice::class)
class PlainBluetooth
