using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>What can be done to the pixels of an image, each as Pillow 9.4 does it, byte for byte.</summary>
internal enum PixelOperationKind
{
    /// <summary>Left to right.</summary>
    Mirror,

    /// <summary>Each channel stretched to 0-255.</summary>
    AutoContrast,

    /// <summary>Each channel's levels made about equally frequent.</summary>
    Equalize,

    Invert,

    /// <summary>By degrees, counter-clockwise.</summary>
    Rotate,

    /// <summary>To a number of bits, 0-8.</summary>
    Posterize,

    /// <summary>Levels from a threshold on inverted.</summary>
    Solarize,

    /// <summary>A number added to levels below 128.</summary>
    SolarizeAdd,

    /// <summary>Saturation multiplied by a factor.</summary>
    Color,

    /// <summary>Multiplied by a factor.</summary>
    Contrast,

    /// <summary>Multiplied by a factor.</summary>
    Brightness,

    /// <summary>Multiplied by a factor.</summary>
    Sharpness,

    /// <summary>By columns for each row.</summary>
    ShearX,

    /// <summary>By rows for each column.</summary>
    ShearY,

    /// <summary>By a fraction of the width, to the left.</summary>
    TranslateX,

    /// <summary>By a fraction of the height, upwards.</summary>
    TranslateY,

    /// <summary>Shifted by a fraction of the circle, -0.5 to 0.5.</summary>
    Hue,

    Grayscale,

    /// <summary>With a standard deviation in pixels.</summary>
    GaussianBlur,
}

/// <summary>An operation and its argument.</summary>
internal readonly record struct PixelOperation(PixelOperationKind Kind, double Argument = 0)
{
    /// <summary>Does it in place; <paramref name="fill"/> is the color of what comes from outside of the image.</summary>
    public void Apply(PixelSpan image, RgbColor fill)
    {
        switch (Kind)
        {
            case PixelOperationKind.Mirror:
                Mirror(image);
                break;
            case PixelOperationKind.Rotate:
                AffineTransform.Rotation(Argument, image.Width, image.Height).Apply(image, fill);
                break;
            case PixelOperationKind.ShearX:
                new AffineTransform(1, Argument, 0, 0, 1, 0).Apply(image, fill);
                break;
            case PixelOperationKind.ShearY:
                new AffineTransform(1, 0, 0, Argument, 1, 0).Apply(image, fill);
                break;
            case PixelOperationKind.TranslateX:
                new AffineTransform(1, 0, Argument * image.Width, 0, 1, 0).Apply(image, fill);
                break;
            case PixelOperationKind.TranslateY:
                new AffineTransform(1, 0, 0, 0, 1, Argument * image.Height).Apply(image, fill);
                break;
            case PixelOperationKind.Color:
                Saturation.Multiply(image.Values, (float)Argument);
                break;
            case PixelOperationKind.Grayscale:
                Saturation.Remove(image.Values);
                break;
            case PixelOperationKind.Hue:
                HueShift.Apply(image.Values, Argument);
                break;
            case PixelOperationKind.Sharpness:
                Sharpness.Multiply(image, (float)Argument);
                break;
            case PixelOperationKind.GaussianBlur:
                GaussianBlur.Apply(image, (float)Argument);
                break;
            default:
                LevelTables.Apply(image.Values, Kind, Argument);
                break;
        }
    }

    private static void Mirror(PixelSpan image)
    {
        for (var row = 0; row < image.Height; row++)
            MemoryMarshal.Cast<byte, RgbColor>(image.Row(row)).Reverse();
    }
}
