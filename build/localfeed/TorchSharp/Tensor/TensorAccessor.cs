using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor in row-major order, whatever their strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T>
    where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly T* _data;
    private readonly bool _contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        _tensor = tensor;
        _data = (T*)tensor.DataPointer;
        _contiguous = tensor.is_contiguous();
    }

    public long Count => _tensor.numel();

    public bool IsReadOnly => false;

    /// <param name="indices">One index into the elements in row-major order, or one for each dimension.</param>
    public T this[params long[] indices]
    {
        get => *Locate(indices);
        set => *Locate(indices) = value;
    }

    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result.AsSpan());
        return result;
    }

    /// <summary>Copies elements from <paramref name="tensorIndex"/> on, as many as there are and the array takes.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <inheritdoc cref="CopyTo(T[], int, long)"/>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, Count - tensorIndex);
        if (_contiguous)
        {
            new ReadOnlySpan<T>(_data + tensorIndex, count).CopyTo(target);
            return;
        }
        var walk = new Walk(_tensor, tensorIndex);
        for (var i = 0; i < count; i++)
            target[i] = _data[walk.Next()];
    }

    /// <summary>Overwrites elements from <paramref name="tensorIndex"/> on, as many as there are and the array has.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    /// <inheritdoc cref="CopyFrom(T[], int, long)"/>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, Count - tensorIndex);
        if (_contiguous)
        {
            source[..count].CopyTo(new Span<T>(_data + tensorIndex, count));
            return;
        }
        var walk = new Walk(_tensor, tensorIndex);
        for (var i = 0; i < count; i++)
            _data[walk.Next()] = source[i];
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (var i = 0L; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Does nothing: the tensor stays its owner's.</summary>
    public void Dispose()
    {
    }

    private T* Locate(long[] indices)
    {
        if (indices.Length == 1)
        {
            var index = indices[0];
            if (index < 0 || index >= Count)
                throw new IndexOutOfRangeException();
            return _data + (_contiguous ? index : new Walk(_tensor, index).Next());
        }
        var (shape, strides, offset) = (_tensor.shape, _tensor.stride(), 0L);
        for (var d = 0; d < shape.Length; d++)
        {
            if (indices[d] < 0 || indices[d] >= shape[d])
                throw new IndexOutOfRangeException($"{indices[d]} >= {shape[d]} in dimension {d}.");
            offset += indices[d] * strides[d];
        }
        return _data + offset;
    }

    /// <summary>Goes through the element offsets of a strided tensor in row-major order.</summary>
    private struct Walk
    {
        private readonly long[] _shape;
        private readonly long[] _strides;
        private readonly long[] _position;
        private long _offset;

        public Walk(torch.Tensor tensor, long start)
        {
            _shape = tensor.shape;
            _strides = tensor.stride();
            _position = new long[_shape.Length];
            for (var d = _shape.Length - 1; d >= 0 && start > 0; d--)
            {
                start = Math.DivRem(start, _shape[d], out _position[d]);
                _offset += _position[d] * _strides[d];
            }
        }

        public long Next()
        {
            var current = _offset;
            for (var d = _shape.Length - 1; d >= 0; d--)
            {
                _offset += _strides[d];
                if (++_position[d] < _shape[d])
                    break;
                _offset -= _shape[d] * _strides[d];
                _position[d] = 0;
            }
            return current;
        }
    }
}
