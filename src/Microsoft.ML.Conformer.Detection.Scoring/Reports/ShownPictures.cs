namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>Images of a page with what is in them, and with what was found, as JPEGs in data URIs.</summary>
internal sealed class ShownPictures(IReadOnlyList<string> classNames)
{
    private const int LongestSide = 480, Quality = 80;
    private const double MaskOpacity = 0.45;

    private static readonly ImageDecoding _decoding = new() { TolerateTruncated = true };

    /// <summary>Null where the file cannot be used, as it has changed since.</summary>
    public (string? True, string? Found) Of(ShownImage image)
    {
        try
        {
            var photo = new RowImage(null, null, image.Image.Path).Decode(_decoding);
            return (
                Draw(photo, image.Judged.Objects.Where(one => !one.Object.IsCrowd).Select(one => new DrawnObject(
                    one.Object.Box, one.Object.ClassIndex, VisibleText.Of(classNames[one.Object.ClassIndex]), one.Object.Mask, one.IsMissed))),
                Draw(photo, image.Judged.Found.Select(one => new DrawnObject(
                    one.Object.Box, one.Object.ClassIndex, DrawnObject.LabelOf(classNames[one.Object.ClassIndex], one.Object.Score),
                    one.Object.Mask, one.Judgment is not (Judgment.Right or Judgment.Ignored)))));
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            return (null, null);
        }
    }

    private static string Draw(RgbImage photo, IEnumerable<DrawnObject> objects) => "data:image/jpeg;base64," + Convert.ToBase64String(
        DetectionPicture.Of(photo, [.. objects], MaskOpacity, LongestSide).ToJpeg(Quality));
}
