using System.Text.Json;

namespace Conformer.Cli.Predicting;

/// <summary>One JSON object, as the server answers.</summary>
internal sealed class PredictionJson<T> : IPredictionWriter<T>
{
    private readonly Action<Utf8JsonWriter, T> _write;
    private readonly Stream _output;
    private readonly Utf8JsonWriter _json;

    /// <param name="output">Where to write; it stays open.</param>
    /// <param name="write">Writes the properties of what was found in an image.</param>
    public PredictionJson(Stream output, Action<Utf8JsonWriter, T> write)
    {
        _write = write;
        _json = new Utf8JsonWriter(_output = output, new JsonWriterOptions
        {
            Indented = true,
            Encoder = Facts.Encoder,
        });
        _json.WriteStartObject();
        _json.WriteStartArray("images");
    }

    public void Add(string path, T found)
    {
        _json.WriteStartObject();
        _json.WriteString("file", path);
        _write(_json, found);
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Add(string path, string fault)
    {
        _json.WriteStartObject();
        _json.WriteString("file", path);
        _json.WriteStartObject("error");
        _json.WriteString("reason", fault);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    public void Dispose()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Dispose();
        _output.WriteByte((byte)'\n');
    }
}
