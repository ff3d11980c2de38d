using System.Text;
using System.Text.Json;
using Microsoft.ML.Conformer.Detection.Models;

namespace Conformer.Cli.Detecting;

/// <summary>A detector's shape as a JSON file, which each run writes and `--architecture` reads.</summary>
internal static class DetectorArchitectureFile
{
    private const int MaxBytes = 1 << 20;

    public static void Save(string path, DetectorArchitecture architecture) =>
        AtomicFile.Write(path, DetectorMetadata.ToJson(architecture) + "\n");

    /// <exception cref="InvalidDataException">It is no such file; the message says why.</exception>
    public static DetectorArchitecture Read(string path)
    {
        try
        {
            var json = Encoding.UTF8.GetString(PlainFile.ReadAll(path, MaxBytes));
            var architecture = DetectorMetadata.ToArchitecture(json);
            using var given = JsonDocument.Parse(json);
            using var known = JsonDocument.Parse(DetectorMetadata.ToJson(architecture));
            if (UnknownIn(given.RootElement, known.RootElement) is { } unknown)
                throw new ArgumentException($"'{VisibleText.Of(unknown)}' is none of its members; they are written as in a run's file.");
            return architecture;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(path)}' is no detector's architecture as a run writes it: {VisibleText.Reason(exception)}", exception);
        }
    }

    /// <summary>The name of a member that there is none of.</summary>
    private static string? UnknownIn(JsonElement given, JsonElement known) => given.ValueKind != JsonValueKind.Object ? null
        : given.EnumerateObject().Select(member => known.ValueKind == JsonValueKind.Object && known.TryGetProperty(member.Name, out var same)
            ? UnknownIn(member.Value, same) : member.Name).FirstOrDefault(name => name is not null);
}
