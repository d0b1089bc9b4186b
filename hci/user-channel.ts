/**
 * Makes noble and bleno take their adapters for themselves (HCI user channel), which neither blocks nor asks the system's
 * own Bluetooth. They know no other way than this variable; to be called before either is loaded.
 */
export function useUserChannel(): void {
  process.env['HCI_CHANNEL_USER'] = '1';
}
