using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>
/// Reads lists of a JSON object entry by entry, so that a file of hundreds of megabytes takes no more memory than its largest entry.
/// </summary>
internal static class JsonLists
{
    private const int FirstBuffer = 1 << 20, MaxEntry = 1 << 26;

    /// <summary>Gives each entry of the lists that are asked for; all else is passed over.</summary>
    /// <param name="path">The file: an object.</param>
    /// <param name="lists">Names of the lists.</param>
    /// <param name="take">Takes a list's name and an entry, which ends with the call.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no such JSON, or has an entry that is too large; the message says where.
    /// </exception>
    /// <exception cref="IOException">It is absent or cannot be read.</exception>
    public static void Read(string path, IReadOnlyCollection<string> lists, Action<string, JsonElement> take)
    {
        PlainFile.ThrowIfOther(path);
        using var file = File.OpenRead(path);
        try
        {
            Read(file, lists, take);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter of text that is no valid text
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is no valid JSON: {VisibleText.Reason(e)}");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}': {e.Message}");
        }
    }

    private static void Read(FileStream file, IReadOnlyCollection<string> lists, Action<string, JsonElement> take)
    {
        var buffer = new byte[FirstBuffer];
        // Only as much as a byte order mark has: a full buffer would leave no room for more, which looks like the file's end.
        var count = file.ReadAtLeast(buffer.AsSpan(0, 3), 3, throwOnEndOfStream: false);
        if (buffer is [0xEF, 0xBB, 0xBF, ..])
            count = 0;
        var (state, isLast, place) = (new JsonReaderState(), false, default(Place));
        while (true)
        {
            var read = file.Read(buffer, count, buffer.Length - count);
            (count, isLast) = (count + read, read == 0);
            var reader = new Utf8JsonReader(buffer.AsSpan(0, count), isLast, state);
            Read(ref reader, buffer, lists, take, ref place);
            if (isLast)
                return;
            state = reader.CurrentState;
            var rest = buffer.AsSpan((int)reader.BytesConsumed, count - (int)reader.BytesConsumed);
            if (rest.Length == buffer.Length && rest.Length >= MaxEntry)
                throw new InvalidDataException($"an entry has more than {MaxEntry} bytes.");
            var next = rest.Length == buffer.Length ? new byte[2 * buffer.Length] : buffer;
            rest.CopyTo(next);
            (buffer, count) = (next, rest.Length);
        }
    }

    /// <summary>Reads on until what is left of the buffer is no whole entry.</summary>
    private static void Read(
        ref Utf8JsonReader reader, byte[] buffer, IReadOnlyCollection<string> lists, Action<string, JsonElement> take, ref Place place)
    {
        while (true)
        {
            var before = reader;
            if (!reader.Read())
                return;
            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
                throw new InvalidDataException($"expected an object with the lists {string.Join(", ", lists)}.");
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
                place = new Place(NameOf(reader, lists), IsInside: false);
            else if (place.List is null)
                continue;
            else if (reader.CurrentDepth == 1)
                place = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray
                    ? place with { IsInside = reader.TokenType == JsonTokenType.StartArray }
                    : throw new InvalidDataException($"'{place.List}' is no list.");
            else if (place.IsInside)
            {
                var start = (int)reader.TokenStartIndex;
                if (!reader.TrySkip())
                {
                    reader = before;
                    return;
                }
                using var entry = JsonDocument.Parse(buffer.AsMemory(start, (int)reader.BytesConsumed - start));
                take(place.List, entry.RootElement);
            }
        }
    }

    private static string? NameOf(Utf8JsonReader reader, IReadOnlyCollection<string> lists)
    {
        foreach (var list in lists)
            if (reader.ValueTextEquals(list))
                return list;
        return null;
    }

    private readonly record struct Place(string? List, bool IsInside);
}
