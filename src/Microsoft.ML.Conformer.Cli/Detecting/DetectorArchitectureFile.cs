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
            return DetectorMetadata.ToArchitecture(Encoding.UTF8.GetString(PlainFile.ReadAll(path, MaxBytes)));
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(path)}' is no detector's architecture as a run writes it: {VisibleText.Reason(exception)}", exception);
        }
    }
}
