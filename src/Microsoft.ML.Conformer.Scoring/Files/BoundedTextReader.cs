using System.Text;

namespace Microsoft.ML.Conformer.Files;

/// <summary>Reads a file of lines, of which one without an end would be read into memory as a whole.</summary>
internal sealed class BoundedTextReader : StreamReader
{
    /// <summary>TextFieldParser's time for a field of many lines grows with their square: for this many characters it is 0.2 s.</summary>
    private const int MaxLength = 1 << 16;

    private readonly string _path;
    private readonly bool _hasQuotes;
    private int _line = 1, _length;
    private bool _isQuoted, _mayOpen = true;

    /// <summary>Opens a file, which this closes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hasQuotes">Whether it has comma-separated values: a line goes on where a quoted field does.</param>
    public BoundedTextReader(string path, bool hasQuotes = false) : base(path) => (_path, _hasQuotes) = (path, hasQuotes);

    /// <exception cref="InvalidDataException">A line is too long; the message names it.</exception>
    public override int Read()
    {
        var letter = base.Read();
        if (letter >= 0)
            Count((char)letter);
        return letter;
    }

    /// <inheritdoc cref="Read()"/>
    public override int Read(char[] buffer, int index, int count)
    {
        var read = base.Read(buffer, index, count);
        foreach (var letter in buffer.AsSpan(index, read))
            Count(letter);
        return read;
    }

    /// <inheritdoc cref="Read()"/>
    public override string? ReadLine()
    {
        if (Peek() < 0)
            return null;
        var text = new StringBuilder();
        while (Read() is var letter and >= 0)
        {
            if (letter is '\r' or '\n')
            {
                if (letter == '\r' && Peek() == '\n')
                    Read();
                break;
            }
            text.Append((char)letter);
        }
        return text.ToString();
    }

    private void Count(char letter)
    {
        var isEnd = letter is '\r' or '\n';
        if (isEnd && !_isQuoted)
            _length = 0;
        else if (++_length > MaxLength)
            throw new InvalidDataException($"'{VisibleText.OfPath(_path)}', line {_line}: it has more than {MaxLength} characters" +
                $"{(_isQuoted ? ", with the lines before; are quotes not closed?" : ".")}");
        if (_hasQuotes)
        {
            var (isQuote, wasQuoted) = (letter == '"', _isQuoted);
            _isQuoted = isQuote ? !wasQuoted && _mayOpen : wasQuoted;
            // Where a field begins; and after a quote that closes it, as two of them are one that does not.
            _mayOpen = (isQuote && wasQuoted) || letter == ',' || isEnd;
        }
        if (letter == '\n')
            _line++;
    }
}
