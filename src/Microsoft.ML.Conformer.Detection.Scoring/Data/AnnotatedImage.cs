namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>Images whose objects are known, whatever files they were read from.</summary>
/// <param name="ClassNames">The classes, each once.</param>
/// <param name="Images">The images that can be used; some may have no objects.</param>
/// <param name="Findings">What was wrong with the files.</param>
internal sealed record AnnotatedImages(
    IReadOnlyList<string> ClassNames, IReadOnlyList<AnnotatedImage> Images, AnnotationFindings Findings);

/// <summary>An image and what is in it.</summary>
/// <param name="Path">The full path; the file was there when it was looked for.</param>
/// <param name="Height">Height in pixels, as the annotations say.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Objects">What is in it.</param>
internal sealed record AnnotatedImage(string Path, int Height, int Width, IReadOnlyList<AnnotatedObject> Objects);

/// <summary>An object in an image.</summary>
/// <param name="ClassIndex">Its class, from 0.</param>
/// <param name="Box">Its box, inside the image, with sides of at least a pixel.</param>
/// <param name="Area">Its area in square pixels: of its outline, where the files tell.</param>
/// <param name="IsCrowd">
/// Whether it is neither to be learned nor to be found: many objects in one, or one that is hard to tell even for people.
/// </param>
/// <param name="Mask">Its pixels in the image as COCO's compressed text; null where there are none.</param>
internal sealed record AnnotatedObject(int ClassIndex, ImageBox Box, double Area, bool IsCrowd, string? Mask);
