using System.Globalization;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>
/// Collects the objects of one image and does with doubtful ones what mmdetection does: boxes outside of the image or below a pixel are
/// left out, the others cut to the image.
/// </summary>
/// <param name="path">The image's full path.</param>
/// <param name="name">What the files call it.</param>
/// <param name="height">Its height in pixels.</param>
/// <param name="width">Its width in pixels.</param>
/// <param name="findings">Where faults are told.</param>
internal sealed class ImageAnnotations(string path, string name, int height, int width, AnnotationFindings findings)
{
    /// <summary>Boxes that leave the image by less are rounded, which is not worth telling.</summary>
    private const double Slack = 1;

    private readonly List<AnnotatedObject> _objects = [];

    public string Name => name;

    public int Height => height;

    public int Width => width;

    /// <summary>What keeps a size from being an image's, for a message; null where nothing does.</summary>
    public static string? FaultOfSize(long height, long width) =>
        height >= 1 && width >= 1 && height <= ImageDecoding.MostMaxPixels / width
            ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"it has {width} x {height} pixels; expected at least one, and {ImageDecoding.MostMaxPixels} at most");

    public void Tell(AnnotationFault fault, string file, string? annotation, string message) =>
        findings.Add(fault, file, name, annotation, message);

    /// <summary>Adds an object, or tells why not.</summary>
    /// <param name="file">The file that has it.</param>
    /// <param name="annotation">What it is called there, for messages.</param>
    /// <param name="classIndex">Its class.</param>
    /// <param name="box">Its box, as the file has it.</param>
    /// <param name="area">Its area, where the file tells.</param>
    /// <param name="isCrowd">Whether it is a crowd.</param>
    /// <param name="mask">Its mask, where there is one that can be used.</param>
    public void Add(string file, string annotation, int classIndex, ImageBox box, double? area, bool isCrowd, RunLengthMask? mask)
    {
        if (!double.IsFinite(box.Left + box.Top + box.Width + box.Height + (area ?? 0)))
        {
            Tell(AnnotationFault.BadAnnotation, file, annotation, $"the box is {Words(box)}; its numbers must be finite");
            return;
        }
        var (left, top) = (Math.Clamp(box.Left, 0, width), Math.Clamp(box.Top, 0, height));
        var (right, bottom) = (Math.Clamp(box.Left + box.Width, 0, width), Math.Clamp(box.Top + box.Height, 0, height));
        var inside = new ImageBox(left, top, right - left, bottom - top);
        if (box.Width < 1 || box.Height < 1 || area <= 0)
            Tell(AnnotationFault.TinyBox, file, annotation, $"the box is {Words(box)}" +
                (area <= 0 ? FormattableString.Invariant($", its area {area}") : ""));
        else if (!(inside.Width > 0 && inside.Height > 0))
            Tell(AnnotationFault.BoxOutside, file, annotation, $"the box is {Words(box)}, the image {width} x {height}");
        else
        {
            if (left - box.Left > Slack || top - box.Top > Slack || box.Left + box.Width - right > Slack
                || box.Top + box.Height - bottom > Slack)
                Tell(AnnotationFault.ClippedBox, file, annotation, $"the box is {Words(box)}, the image {width} x {height}");
            _objects.Add(new AnnotatedObject(
                classIndex, inside, area ?? mask?.Area ?? inside.Width * inside.Height, isCrowd, mask?.ToString()));
        }
    }

    public AnnotatedImage ToImage() => new(path, height, width, _objects);

    private static string Words(ImageBox box) => FormattableString.Invariant(
        $"{box.Width} x {box.Height} pixels at {box.Left}, {box.Top}");
}
