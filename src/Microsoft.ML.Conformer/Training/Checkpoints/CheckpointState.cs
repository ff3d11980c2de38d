using System.IO.Hashing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>
/// The JSON of a checkpoint: where the run stands, which run it is, and the hash of its tensors' file; and a hash of all that.
/// </summary>
internal static class CheckpointState
{
    /// <summary>Thousands of epochs and of classes take some hundred KB.</summary>
    private const int MaxBytes = 16 << 20;

    private static readonly JsonSerializerOptions _json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, not a web page
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public static void Write<TState>(Stream stream, string tensorsHash, IReadOnlyDictionary<string, string> run, TState state)
    {
        var body = ToJson(new Body<TState>(tensorsHash, run, state));
        stream.Write(Encoding.UTF8.GetBytes($$"""{"hash": "{{HashOf(body)}}", "checkpoint": {{body}}}"""));
    }

    /// <exception cref="InvalidDataException">The file is not what was written.</exception>
    public static (TState State, string TensorsHash, IReadOnlyDictionary<string, string> Run) Read<TState>(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(PlainFile.ReadAll(path, MaxBytes));
            var body = document.RootElement.GetProperty("checkpoint");
            if (document.RootElement.GetProperty("hash").GetString() != HashOf(body.GetRawText()))
                throw new InvalidDataException(
                    $"'{VisibleText.OfPath(path)}' is damaged: it has other bytes than those that were written.");
            var (tensors, run, state) = body.Deserialize<Body<TState>>(_json) ?? throw new JsonException("It is null.");
            if (state is null)
                throw new JsonException("It has no state.");
            return (state, tensors, run);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(path)}' is damaged, or of another version: {VisibleText.Reason(exception)}");
        }
    }

    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, _json);

    /// <summary>What <see cref="ToJson"/> was given, in another process of this one's version.</summary>
    public static T FromJson<T>(string json) => JsonSerializer.Deserialize<T>(json, _json)!;

    private static string HashOf(string text) => Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(text)));

    private sealed record Body<TState>(string Tensors, IReadOnlyDictionary<string, string> Run, TState State);
}
