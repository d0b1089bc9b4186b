/** How the text of a number looks: a whole number has no decimal point, any other number always has one. */
const WHOLE = /^-?(0|[1-9]\d*)$/;
const DECIMAL = /^-?(0|[1-9]\d*)\.\d+$/;
const COORDINATE = /^-?(0|[1-9]\d*)\.\d{1,7}$/;

/** Form of every number of a sample by its path (docs/topics.md). */
const NUMBER_FORMS: Readonly<Record<string, RegExp>> = {
  speed_kmh: DECIMAL,
  total_distance_m: WHOLE,
  trip_distance_m: WHOLE,
  trip_distance_left_km: DECIMAL,
  uptime_sec: DECIMAL,
  frame_temp: DECIMAL,
  'battery_info.capacity': WHOLE,
  'battery_info.percent': WHOLE,
  'battery_info.current': DECIMAL,
  'battery_info.voltage': DECIMAL,
  'battery_info.temperature_1': WHOLE,
  'battery_info.temperature_2': WHOLE,
  'gpsinfo.latitude': COORDINATE,
  'gpsinfo.longitude': COORDINATE,
  'gpsinfo.altitude': DECIMAL,
  'gpsinfo.gps_speed': DECIMAL,
  'gpsinfo.age_sec': DECIMAL,
  seq: WHOLE,
  error: WHOLE,
  warning: WHOLE,
  mode: WHOLE,
  speed_signed_kmh: DECIMAL,
};

/**
 * Tells whether the JSON text of a number has the form that consumers rely on if they take the type from it.
 * @throws RangeError if a sample has no number at this path
 */
export function hasDocumentedForm(path: string, text: string): boolean {
  const form = NUMBER_FORMS[path];
  if (!form) throw new RangeError(`no number in a sample: ${path}`);
  return form.test(text);
}
