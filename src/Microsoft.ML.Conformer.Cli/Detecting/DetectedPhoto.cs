using System.Text.Json;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Sessions;

namespace Conformer.Cli.Detecting;

/// <summary>What a detector finds in a photo.</summary>
/// <param name="Width">The photo's, in pixels.</param>
/// <param name="Height">The photo's, in pixels.</param>
/// <param name="Objects">What is found, the surest first.</param>
internal sealed record DetectedPhoto(int Width, int Height, IReadOnlyList<DetectedPhoto.Thing> Objects)
{
    /// <param name="detector">What found them.</param>
    /// <param name="found">What it found.</param>
    /// <param name="leastScore">From which score on they are told.</param>
    public static DetectedPhoto Of(ObjectDetectorTransformer detector, Detections found, double leastScore) => new(
        found.Width, found.Height,
        [.. found.Found.Where(one => one.Score >= leastScore).Select(one => new Thing(
            detector.ClassNames[one.Label], one.Score, one.Box, one.Mask is null ? null : detector.MaskOf(found, one)))]);

    /// <summary>Its properties as JSON.</summary>
    public static void Write(Utf8JsonWriter json, DetectedPhoto photo)
    {
        json.WriteNumber("width", photo.Width);
        json.WriteNumber("height", photo.Height);
        json.WriteStartArray("objects");
        foreach (var one in photo.Objects)
        {
            json.WriteStartObject();
            json.WriteString("class", one.Class);
            json.WriteNumber("score", one.Score);
            WriteNumbers("box", one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1);
            if (one.Mask is not null)
            {
                json.WriteStartObject("mask");
                WriteNumbers("size", photo.Height, photo.Width);
                json.WriteString("counts", one.Mask);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();

        void WriteNumbers(string name, params ReadOnlySpan<float> numbers)
        {
            json.WriteStartArray(name);
            foreach (var number in numbers)
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }
    }

    /// <summary>An object.</summary>
    /// <param name="Class">Its class.</param>
    /// <param name="Score">How sure that is, 0-1.</param>
    /// <param name="Box">Where it is, in pixels of the photo.</param>
    /// <param name="Mask">COCO's compressed run lengths; null without masks.</param>
    internal sealed record Thing(string Class, float Score, Box Box, string? Mask);
}
