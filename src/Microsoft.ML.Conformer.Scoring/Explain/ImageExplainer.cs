using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Shows where a trained network looks: class activation maps of the convolution branch, what the class token attends to in the
/// transformer branch, both coupled, and the maps of both branches stage by stage. Made by
/// <see cref="ImageClassifierTransformer.CreateExplainer"/>.
/// </summary>
/// <remarks>
/// It scores through ONNX Runtime with a session, and weights, of its own, and outlives its model. All members may be called by any number
/// of threads at once.
/// </remarks>
public sealed class ImageExplainer : IDisposable
{
    private readonly MapSession _session;
    private readonly ExplanationOptions _options;
    private readonly ImagePreprocessor _pictures;

    internal ImageExplainer(IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, ExplanationOptions options)
    {
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        _options = options.Copy();
        ClassNames = model.Labels.Names;
        // The same part of the photo as the network sees, at another size.
        _pictures = new ImagePreprocessor(_options.PictureSize, model.Preprocessing);
        _session = new MapSession(environment, model, scoring, _options.IncludeStages, typeof(ImageExplainer));
    }

    /// <summary>The classes as text, in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Explains the most probable class of an image file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no image, damaged or too large, or the network gives no finite scores for it; the message names it.
    /// </exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ImageExplanation Explain(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Explain(new RowImage(null, null, path));
    }

    /// <summary>Explains an image file's content.</summary>
    /// <param name="image">The content: JPEG, PNG, BMP, GIF or WebP.</param>
    /// <exception cref="InvalidDataException">It is no image, damaged or too large.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ImageExplanation Explain(byte[] image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Explain(new RowImage(null, image, null));
    }

    /// <summary>Explains an image of ML.NET's.</summary>
    /// <param name="image">
    /// The image, of any size; it is read before the method returns. One that LoadImages tagged with its file is turned upright, as when it
    /// is scored.
    /// </param>
    /// <exception cref="InvalidDataException">The file that it is tagged with is damaged; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ImageExplanation Explain(MLImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Explain(new RowImage(RgbImage.FromMLImage(image, _session.Decoding.Background), null, image.Tag));
    }

    /// <summary>Frees the ONNX Runtime session, after work under way has ended. A second call does nothing.</summary>
    public void Dispose() => _session.Dispose();

    private ImageExplanation Explain(RowImage image)
    {
        var photo = Decode(image);
        var values = new float[_session.Input.Length];
        _session.Input.Write(photo, values);
        var maps = _session.Run(values, 1)[0];
        Logits.ThrowIfNotFinite(maps.Logits, image.Path);
        return new ImageExplanation(image.Path, Picture(photo), ClassNames, _options.TopK, maps);
    }

    private RgbImage Decode(RowImage image)
    {
        try
        {
            return image.Decode(_session.Decoding);
        }
        catch (InvalidDataException e) when (image.Path is { } path)
        {
            throw new InvalidDataException($"The image '{VisibleText.OfPath(path)}' cannot be explained: {VisibleText.Reason(e)}", e);
        }
    }

    /// <summary>A photo of the network's size is seen whole, without a crop.</summary>
    private RgbImage Picture(RgbImage photo)
    {
        var side = _options.PictureSize;
        if (photo.Width == _session.Input.ImageSize && photo.Height == _session.Input.ImageSize)
            return Resampler.Resize(photo, side, side, _pictures.Kernel);
        var pixels = new byte[_pictures.ByteCount];
        _pictures.Crop(photo, CropPosition.Center, pixels);
        return new RgbImage(side, side, pixels);
    }
}
