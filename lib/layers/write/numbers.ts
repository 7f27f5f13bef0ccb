/** A number that is not whole by type, as Python writes it: `1.0`, `1e+16`, `1.5e-05`. */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return `${digits}e${power < 0 ? "-" : "+"}${size}`;
  }
  if (power < 0) {
    const sign = value < 0 ? "-" : "";
    return `${sign}0.${"0".repeat(-power - 1)}${digits.replace(/[-.]/g, "")}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
