using System.Text.Json;

namespace Conformer.Cli.Predicting;

/// <summary>What a classifier says of a photo.</summary>
/// <param name="Best">Its classes, the most probable first.</param>
/// <param name="IsNone">Whether the best one is below the threshold.</param>
internal sealed record ClassifiedPhoto(IReadOnlyList<ClassProbability> Best, bool IsNone)
{
    /// <summary>Its properties as JSON.</summary>
    public static void Write(Utf8JsonWriter json, ClassifiedPhoto photo)
    {
        if (photo.IsNone)
            json.WriteBoolean("noneOfThese", true);
        json.WriteStartArray("predictions");
        foreach (var one in photo.Best)
        {
            json.WriteStartObject();
            json.WriteString("class", one.Class);
            json.WriteNumber("probability", one.Probability);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
