using System.Text.Json;
using System.Text.Json.Serialization;
using Conformer.Server.Predicting;
using Microsoft.ML.Conformer.Detection.Sessions;

namespace Conformer.Cli.Detecting;

/// <summary>What a detector finds in a photo.</summary>
/// <param name="Width">The photo's, in pixels.</param>
/// <param name="Height">The photo's, in pixels.</param>
/// <param name="Objects">What is found, the surest first, as the server answers.</param>
internal sealed record DetectedPhoto(int Width, int Height, IReadOnlyList<ObjectAnswer> Objects)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <param name="detector">What found them.</param>
    /// <param name="found">What it found.</param>
    /// <param name="leastScore">From which score on they are told.</param>
    public static DetectedPhoto Of(ObjectDetectorTransformer detector, Detections found, double leastScore) => new(
        found.Width, found.Height, [.. found.From(leastScore).Select(one => ObjectAnswer.Of(detector, found, one))]);

    /// <summary>Its properties as JSON.</summary>
    public static void Write(Utf8JsonWriter json, DetectedPhoto photo)
    {
        json.WriteNumber("width", photo.Width);
        json.WriteNumber("height", photo.Height);
        json.WritePropertyName("objects");
        JsonSerializer.Serialize(json, photo.Objects, _json);
    }
}
